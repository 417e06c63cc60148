"""The process that owns the embedded servers: ``python -m config.services.supervisor BASE``.

It runs a server while somebody holds that server's client lock, restarts one that dies, stops one cleanly when
nobody has needed it for three seconds, and ends when none is left.
"""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from config.services.errors import ServiceError
from config.services.locations import Services, locations
from config.services.locks import lock_within, open_lock, try_lock, unlock
from config.services.logs import open_log
from config.services.postgres import Postgres
from config.services.processes import end_child
from config.services.valkey import Valkey

TICK_SECONDS = 0.1
GRACE_SECONDS = 3.0
BACKOFF_SECONDS = 0.5
ATTEMPTS_BEFORE_FAILURE = 3


def report(sentence: str) -> None:
    """One line in the supervisor's log, which is its standard error."""
    sys.stderr.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {sentence}\n")
    sys.stderr.flush()


@dataclass
class Keeper:
    """Keeps one server running while it has clients."""

    services: Services
    server: Postgres | Valkey
    process: "subprocess.Popen[bytes] | None" = None
    prepared: bool = False
    attempts: int = 0
    next_attempt: float = 0.0
    last_wanted: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.clients = open_lock(self.services.clients_lock(self.server.name))
        self.services.failure_file(self.server.name).unlink(missing_ok=True)
        self.log = open_log(self.services.log_file(self.server.name))

    @property
    def idle(self) -> bool:
        """True when nobody has needed the server for the grace time."""
        return time.monotonic() - self.last_wanted > GRACE_SECONDS

    def tick(self) -> None:
        """Bring the server one step nearer to what its clients need."""
        if try_lock(self.clients, exclusive=True):
            # While the lock is ours a new client waits for it, so it never meets a server that is being stopped.
            if self.idle:
                self.stop()
            unlock(self.clients)
            return
        self.last_wanted = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            self._note_death()
        if self.process is None and time.monotonic() >= self.next_attempt:
            self._start()
        elif self.process is not None and not self.prepared:
            self._prepare()

    def stop(self) -> None:
        """Stop the server and wait until it has ended."""
        if self.process is not None:
            report(f"{self.server.name}: stopping")
            end_child(self.process, self.server.stop_signals)
        self.process = None
        self.prepared = False

    def _start(self) -> None:
        self.attempts += 1
        self.next_attempt = time.monotonic() + BACKOFF_SECONDS * self.attempts
        report(f"{self.server.name}: starting")
        try:
            self.process = self.server.start(self.log)
        except (ServiceError, OSError, subprocess.SubprocessError) as error:
            self._fail(str(error))

    def _prepare(self) -> None:
        self.prepared = self.server.prepare(self.log)
        if self.prepared:
            report(f"{self.server.name}: ready")
            self.attempts = 0
            self.services.failure_file(self.server.name).unlink(missing_ok=True)

    def _note_death(self) -> None:
        code = self.process.returncode if self.process else None
        report(f"{self.server.name}: ended with {code}")
        self.process = None
        self.prepared = False
        if self.attempts >= ATTEMPTS_BEFORE_FAILURE:
            self._fail(f"{self.server.name} ends as soon as it is started.")

    def _fail(self, sentence: str) -> None:
        report(f"{self.server.name}: {sentence}")
        path = self.services.failure_file(self.server.name)
        draft = path.with_suffix(".draft")
        draft.write_text(f"{os.getpid()}\n{sentence}")
        draft.replace(path)


def supervise(services: Services) -> None:
    """Run until no service has a client, or until SIGTERM or SIGINT."""
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    # Valkey first: it starts at once, whereas PostgreSQL may have to create its data directory.
    keepers = [Keeper(services, Valkey(services)), Keeper(services, Postgres(services))]
    while not stopping and not _finished(keepers):
        for keeper in keepers:
            keeper.tick()
        time.sleep(TICK_SECONDS)
    for keeper in keepers:
        keeper.stop()
    report("done")


def _finished(keepers: list[Keeper]) -> bool:
    """True when nothing runs and every client lock is ours until this process ends."""
    if not all(keeper.idle and keeper.process is None for keeper in keepers):
        return False
    held = [keeper for keeper in keepers if try_lock(keeper.clients, exclusive=True)]
    if len(held) == len(keepers):
        return True
    for keeper in held:
        unlock(keeper.clients)
    return False


def main(base: str) -> None:
    """Become the supervisor of ``base`` in the background, or return at once if it has one."""
    services = locations(Path(base))
    descriptor = open_lock(services.supervisor_lock)
    # A client that looks whether a supervisor lives holds the lock shared for a moment.
    if not lock_within(descriptor, exclusive=True, seconds=1.0):
        return
    # Forked after locking, so that the caller knows the outcome when the parent returns.
    if os.fork():
        return
    os.setsid()
    os.umask(0o077)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    report("started")
    supervise(services)


if __name__ == "__main__":
    main(sys.argv[1])
