"""Advisory file locks that the kernel drops when their holder dies, however it dies.

A client holds ``<service>.clients`` shared for its whole life, the supervisor holds ``supervisor.lock``
exclusively. The descriptors are close-on-exec, so a program started by a client is a client only if it asks.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.services.errors import ServiceError

POLL_SECONDS = 0.02


def open_lock(path: Path) -> int:
    """A close-on-exec descriptor of the lock file. Raises ServiceError when it belongs to somebody else."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise ServiceError(
            f"{path} belongs to another user: work as that user, or stop their services and remove the var folder."
        ) from error


def try_lock(descriptor: int, *, exclusive: bool) -> bool:
    """Take the lock if nobody is in the way; never waits."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_within(descriptor: int, *, exclusive: bool, seconds: float) -> bool:
    """Take the lock, waiting up to ``seconds`` for those in the way."""
    deadline = time.monotonic() + seconds
    while not try_lock(descriptor, exclusive=exclusive):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def unlock(descriptor: int) -> None:
    """Give the lock back; the file stays open."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def is_free(path: Path) -> bool:
    """True when no process holds the lock exclusively."""
    descriptor = open_lock(path)
    try:
        return try_lock(descriptor, exclusive=False)
    finally:
        os.close(descriptor)


@contextmanager
def exclusive_lock(path: Path, *, seconds: float) -> Iterator[None]:
    """Hold the lock for the block. Raises ServiceError when it stays taken for ``seconds``."""
    descriptor = open_lock(path)
    try:
        if not lock_within(descriptor, exclusive=True, seconds=seconds):
            raise ServiceError(f"Another process has held {path} for {seconds:.0f} seconds: end it and try again.")
        yield
    finally:
        os.close(descriptor)
