"""Processes and questions that the tests of the embedded servers share."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from config.services import Services, locations
from config.services.processes import LIBC, working_in

CODE = Path(__file__).resolve().parents[2]
CLIENT = "import sys, time; from pathlib import Path; from config.services import ensure; "
SLEEPER = CLIENT + "ensure(Path(sys.argv[1])); print('ready', flush=True); time.sleep(120)"

linux_only = pytest.mark.skipif(LIBC is None, reason="Reads /proc and relies on the parent death signal.")
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="Becomes other users.")


class Client:
    """A process that has called ensure() and sleeps."""

    def __init__(self, base: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SLEEPER, str(base)], cwd=CODE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def wait_for(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.05)


def pids(services: Services, name: str) -> list[int]:
    if name == "supervisor":
        return [pid] if is_alive(pid := int(services.supervisor_lock.read_text() or 0)) else []
    if name == "postmaster":
        return [int((services.postgres_data / "postmaster.pid").read_text().split()[0])]
    return working_in(services.valkey_data, "valkey-server")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def alive(services: Services) -> list[int]:
    """Every live process of the two servers and their supervisor."""
    if not services.supervisor_lock.exists():
        return []
    servers = working_in(services.postgres_data, "postgres") + working_in(services.valkey_data, "valkey-server")
    return pids(services, "supervisor") + servers


def connect(services: Services) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(services.database_url, autocommit=True)


def write(services: Services, value: str) -> None:
    with connect(services) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])
    with redis.Redis.from_url(services.redis_url) as valkey:
        valkey.set("kept", value)
        valkey.execute_command("WAITAOF", 1, 0, 5000)


def read(services: Services) -> tuple[str, str]:
    with connect(services) as connection:
        (row,) = connection.execute("SELECT value FROM kept").fetchall()
    with redis.Redis.from_url(services.redis_url, decode_responses=True) as valkey:
        return str(row[0]), str(valkey.get("kept"))


def healthy(services: Services, value: str) -> Callable[[], bool]:
    def check() -> bool:
        try:
            return read(services) == (value, value)
        except (psycopg.OperationalError, redis.ConnectionError):
            return False

    return check


def stop_services(base: Path) -> None:
    """Stop at once instead of after the grace time."""
    services = locations(base)
    if services.supervisor_lock.exists():
        for pid in pids(services, "supervisor"):
            os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not alive(services), seconds=30)
