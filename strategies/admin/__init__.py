"""Pages of the strategy centre."""

from strategies.admin import pages

__all__ = ["pages"]
