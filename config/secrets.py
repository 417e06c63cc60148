"""Secrets of a local installation: made once, kept under var/, readable by the owner alone."""

import base64
import os
import secrets
from pathlib import Path


def local_secret(path: Path, *, fernet: bool = False) -> str:
    """Return the secret stored at `path`, making it first when there is none.

    A `fernet` secret is 32 random bytes in URL-safe base64, as credential encryption needs it.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        value = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode() if fernet else secrets.token_urlsafe(50)
        _write_once(path, value)
    return path.read_text(encoding="ascii")


def _write_once(path: Path, value: str) -> None:
    """Write through a private temporary file and link it, so that racing processes agree on one secret."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(value)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    finally:
        temporary.unlink()
