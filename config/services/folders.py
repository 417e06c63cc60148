"""Make the folders under var/ that the services need."""

import os
import stat

from config.services.errors import ServiceError
from config.services.locations import Services


def make_folders(services: Services) -> None:
    """Make var/, var/log and the private socket folder. Raises ServiceError when they are somebody else's."""
    try:
        services.var.mkdir(exist_ok=True)
        for folder in (services.run, services.log, services.sockets):
            folder.mkdir(mode=0o700, exist_ok=True)
    except PermissionError as error:
        raise ServiceError(f"{services.var} cannot be written to: work as its owner, or remove it.") from error
    except FileNotFoundError as error:
        raise ServiceError(f"There is no folder {services.base} to keep the services in.") from error
    # In /tmp anybody could have made the folder first and be listening where we would connect.
    found = services.sockets.lstat()
    if found.st_uid not in {os.geteuid(), services.var.stat().st_uid} or not stat.S_ISDIR(found.st_mode):
        raise ServiceError(
            f"{services.sockets} belongs to another user: remove it, or move the checkout to a shorter path."
        )
    if stat.S_IMODE(found.st_mode) & 0o066:
        services.sockets.chmod(0o700)
