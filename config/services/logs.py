"""Append-only log files under var/log, kept from growing for ever."""

import os
from pathlib import Path

MAX_BYTES = 10_000_000


def open_log(path: Path) -> int:
    """A descriptor to append to ``path``; a log over 10 MB is first moved to ``<name>.1``."""
    if path.exists() and path.stat().st_size > MAX_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
