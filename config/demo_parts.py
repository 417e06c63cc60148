"""The processes of the product and how one of them is kept running."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from config.services import Services
from config.services.logs import open_log
from config.services.processes import die_with_parent

CODE = Path(__file__).resolve().parent.parent
STOP_SECONDS = 15.0
STEADY_SECONDS = 10.0
LONGEST_BACKOFF_SECONDS = 10.0


class DemoError(RuntimeError):
    """The demo cannot go on. The message is one sentence for the person at the keyboard."""


@dataclass
class Part:
    """One process that is started again whenever it ends, sooner the longer it lived."""

    name: str
    command: list[str]
    folder: Path
    log: Path
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    next_start: float = 0.0
    backoff: float = field(default=0.5)

    def tick(self) -> None:
        """Notice a death, and start the process when it is time to."""
        if self.process is not None and self.process.poll() is not None:
            self._note_death()
        if self.process is None and time.monotonic() >= self.next_start:
            self._start()

    def ask_to_stop(self) -> None:
        """Send SIGTERM; ``finish`` waits for the end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def finish(self) -> None:
        """Wait until the process and its children have ended; kill them after 15 seconds."""
        if self.process is None:
            return
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._kill_group()
        self.process = None

    def _start(self) -> None:
        log = open_log(self.log)
        try:
            self.process = subprocess.Popen(  # noqa: S603
                self.command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A group of its own: Ctrl-C reaches the runner alone, and what a dead process leaves can be found.
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM, os.getpid()),  # noqa: PLW1509 - the runner has one thread
            )
        finally:
            os.close(log)
        self.started = time.monotonic()

    def _note_death(self) -> None:
        self._kill_group()
        steady = time.monotonic() - self.started > STEADY_SECONDS
        self.backoff = 0.5 if steady else min(self.backoff * 2, LONGEST_BACKOFF_SECONDS)
        self.next_start = time.monotonic() + self.backoff
        self.process = None

    def _kill_group(self) -> None:
        """A server's children outlive its kill -9 and would keep its port."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


def parts_of(services: Services, web_port: int, marketplace_port: int) -> list[Part]:
    """The demo's processes; the marketplace first, the web server second."""
    commands = {
        "marketplace": marketplace_command(services, marketplace_port),
        "web": web_command(web_port),
        "worker-stock": worker_command("stock", 1),
        "worker-publish": worker_command("publish", 2),
        "worker-bulk": worker_command("bulk", 1),
        "beat": [
            "celery",
            "-A",
            "config.celery",
            "beat",
            "-l",
            "WARNING",
            "--pidfile=",
            "-s",
            str(services.var / "beat"),
        ],
    }
    return [
        Part(name, [sys.executable, "-m", *command], CODE, services.log_file(name))
        for name, command in commands.items()
    ]


def web_command(port: int) -> list[str]:
    """The web server, as in production but on the loopback address."""
    place = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    return ["granian", *place, "--workers", "1", "--blocking-threads", "32", "config.wsgi:application"]


def worker_command(queue: str, processes: int) -> list[str]:
    """A worker of one queue; without the chatter between workers, which nothing here needs."""
    quiet = ["--without-gossip", "--without-mingle", "-l", "WARNING"]
    return ["celery", "-A", "config.celery", "worker", "-Q", queue, "-n", f"{queue}@%h", "-c", str(processes), *quiet]


def marketplace_command(services: Services, port: int) -> list[str]:
    """The demo marketplace: a server of its own that knows nothing of the product."""
    return ["channels.platforms.demo.marketplace", "--port", str(port), "--data", str(marketplace_file(services))]


def marketplace_file(services: Services) -> Path:
    """Where the demo marketplace keeps its state."""
    return services.var / "marketplace.sqlite3"
