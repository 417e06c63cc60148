"""How to run and stop the embedded Valkey."""

import os
import signal
import subprocess

from config.services.binaries import valkey_binary
from config.services.locations import Services
from config.services.probes import valkey_answers
from config.services.processes import die_with_parent, stop_leftovers, working_in

STOP_SIGNALS: list[tuple[int, float]] = [(signal.SIGTERM, 10.0)]
DATABASES = 64  # Enough for every parallel test process to have its own.


class Valkey:
    """The embedded Valkey of one checkout, seen by the supervisor."""

    name = "valkey"
    death_signal = signal.SIGTERM
    stop_signals = STOP_SIGNALS

    def __init__(self, services: Services) -> None:
        self.services = services
        self.data = services.valkey_data

    def start(self, log: int) -> "subprocess.Popen[bytes]":
        """Start the server. Raises ServiceError when there is no binary for this machine."""
        program = valkey_binary()
        stop_leftovers(lambda: working_in(self.data, program.name), STOP_SIGNALS)
        self.data.mkdir(mode=0o700, exist_ok=True)
        settings = {
            "port": "0",
            "unixsocket": str(self.services.valkey_socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "databases": str(DATABASES),
            # The append-only file is the one record; snapshots beside it would only cost writes.
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
        }
        command = [str(program)]
        for key, value in settings.items():
            command += [f"--{key}", value]
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self.data,
            preexec_fn=die_with_parent(self.death_signal, os.getpid()),  # noqa: PLW1509
        )

    def prepare(self, log: int) -> bool:
        """True once it answers: there is nothing to create."""
        return valkey_answers(self.services)
