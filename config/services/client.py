"""What a client process calls: make sure the services run, and keep them running while it lives."""

import os
import subprocess
import sys
import time
from pathlib import Path

from config.services.errors import ServiceError
from config.services.folders import make_folders
from config.services.locations import DATABASE, Services, locations
from config.services.locks import exclusive_lock, is_free, lock_within, open_lock
from config.services.logs import open_log
from config.services.probes import postgres_answers, valkey_answers

CODE = Path(__file__).resolve().parents[2]
POLL_SECONDS = 0.03
# A supervisor that is stopping its servers keeps new clients waiting for as long as that takes.
STOPPING_SECONDS = 60.0

# The client locks of this process by path: kept open on purpose, the kernel drops them at its end.
_held: dict[Path, int] = {}


def ensure(base: Path, *, postgres: bool = True, valkey: bool = True, timeout: float = 60.0) -> Services:
    """Make this process a client of the wanted services and return once they answer.

    Safe to call from many processes at once and again at any time; a call that finds all well takes about a
    millisecond. Raises ServiceError, in one sentence, when a service does not answer within ``timeout`` seconds.
    """
    services = locations(base)
    wanted = [name for name, want in (("postgres", postgres), ("valkey", valkey)) if want]
    make_folders(services)
    for name in wanted:
        _hold(services.clients_lock(name))
    deadline = time.monotonic() + timeout
    while not all(answers(services, name) for name in wanted):
        if is_free(services.supervisor_lock):
            _start_supervisor(services)
        for name in wanted:
            _raise_failure(services, name)
        if time.monotonic() > deadline:
            _raise_timeout(services, wanted, timeout)
        time.sleep(POLL_SECONDS)
    return services


def running(base: Path) -> bool:
    """True when a supervisor of the services lives."""
    services = locations(base)
    return services.supervisor_lock.exists() and not is_free(services.supervisor_lock)


def answers(services: Services, name: str) -> bool:
    """True when the service works."""
    return postgres_answers(services, DATABASE) if name == "postgres" else valkey_answers(services)


def _hold(path: Path) -> None:
    if path in _held:
        return
    descriptor = open_lock(path)
    if not lock_within(descriptor, exclusive=False, seconds=STOPPING_SECONDS):
        os.close(descriptor)
        raise ServiceError(f"The services have not finished stopping in {STOPPING_SECONDS:.0f} seconds: try again.")
    _held[path] = descriptor


def _start_supervisor(services: Services) -> None:
    with exclusive_lock(services.run / "start.lock", seconds=30.0):
        if not is_free(services.supervisor_lock):
            return
        log = open_log(services.log_file("supervisor"))
        try:
            done = subprocess.run(
                [sys.executable, "-m", "config.services.supervisor", str(services.base)],
                cwd=CODE,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            )
        finally:
            os.close(log)
    if done.returncode != 0:
        raise ServiceError(f"The services could not be started; see {services.log_file('supervisor')}.")


def _raise_failure(services: Services, name: str) -> None:
    try:
        pid, _, sentence = services.failure_file(name).read_text().partition("\n")
        current = services.supervisor_lock.read_text()
    except FileNotFoundError:
        return
    # A supervisor that was killed may have left the file; the next one removes it.
    if pid == current:
        raise ServiceError(f"{sentence} The log is {services.log_file(name)}.")


def _raise_timeout(services: Services, wanted: list[str], timeout: float) -> None:
    silent = [name for name in wanted if not answers(services, name)]
    logs = " and ".join(str(services.log_file(name)) for name in silent)
    raise ServiceError(f"{' and '.join(silent)} did not answer within {timeout:.0f} seconds; see {logs}.")
