"""How to make, run and stop the embedded PostgreSQL."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from config.services.binaries import postgres_binary
from config.services.errors import ServiceError
from config.services.identity import Identity, choose_identity
from config.services.locations import DATABASE, ROLE, Services
from config.services.probes import postgres_answers
from config.services.processes import stop_leftovers, working_in

MAJOR_VERSION = "18"
# SIGINT is PostgreSQL's fast shutdown (sessions end, nothing is lost), SIGQUIT its immediate one.
STOP_SIGNALS: list[tuple[int, float]] = [(signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0)]

# fsync, full_page_writes and synchronous_commit keep their safe defaults: measured speed is honest speed.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
}


class Postgres:
    """The embedded PostgreSQL of one checkout, seen by the supervisor."""

    name = "postgres"
    death_signal = signal.SIGINT
    stop_signals = STOP_SIGNALS

    def __init__(self, services: Services) -> None:
        self.services = services
        self.data = services.postgres_data

    def start(self, log: int) -> "subprocess.Popen[bytes]":
        """Start the server on its (if need be new) data directory. Raises ServiceError."""
        programs = [postgres_binary("postgres"), postgres_binary("initdb")]
        identity = choose_identity(self.data, programs)
        _clear_leftovers(self.services)
        self._open_folders(identity)
        if not self.data.exists():
            self._create_cluster(identity, log)
        _check_version(self.data)
        command = [str(programs[0]), "-D", str(self.data), "-k", str(self.services.postgres_host)]
        for key, value in {**SETTINGS, "port": str(self.services.port)}.items():
            command += ["-c", f"{key}={value}"]
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self.data,
            env=_environment(),
            preexec_fn=identity.preexec(self.death_signal, os.getpid()),  # noqa: PLW1509
        )

    def prepare(self, log: int) -> bool:
        """Create the database if it is missing; True once it is there. Called until it returns True."""
        if not postgres_answers(self.services, "postgres"):
            return False
        if not postgres_answers(self.services, DATABASE):
            _psql(self.services, f"CREATE DATABASE {DATABASE}", log)
        return postgres_answers(self.services, DATABASE)

    def _open_folders(self, identity: Identity) -> None:
        """Make the socket directory, and let another account through var/ when one is used."""
        host = self.services.postgres_host
        host.mkdir(mode=0o700, exist_ok=True)
        if identity.account:
            self.services.var.chmod(0o711)
            self.services.sockets.chmod(0o711)
            os.chown(host, *identity.account)

    def _create_cluster(self, identity: Identity, log: int) -> None:
        """Run initdb beside the final place and move it there, so that a kill leaves no half cluster."""
        draft = self.data.with_name("pg.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if identity.account:
            os.chown(draft, *identity.account)
        # The builtin C.UTF-8 sorts and folds the same on every system, whatever locales it has.
        options = ["--auth=trust", f"--username={ROLE}", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = subprocess.run(
            [str(postgres_binary("initdb")), "-D", str(draft), *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=draft,
            env=_environment(),
            preexec_fn=identity.preexec(signal.SIGKILL, os.getpid()),
            check=False,
        )
        if done.returncode != 0:
            raise ServiceError("PostgreSQL could not create its data directory.")
        draft.rename(self.data)


def _environment() -> dict[str, str]:
    """Without the PG* variables of a real server, which would change what the embedded one does."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {"LC_ALL": "C"}


def _check_version(data: Path) -> None:
    version = (data / "PG_VERSION").read_text().strip()
    if version != MAJOR_VERSION:
        raise ServiceError(
            f"{data} is of PostgreSQL {version} and this is {MAJOR_VERSION}: move it away, or dump and load it."
        )


def _psql(services: Services, statement: str, log: int) -> None:
    address = ["-h", services.host, "-p", str(services.port), "-U", services.user, "-d", "postgres"]
    subprocess.run(
        [str(postgres_binary("psql")), "-X", "-q", *address, "-c", statement],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=_environment(),
        check=False,
    )


def _clear_leftovers(services: Services) -> None:
    """Stop what still runs on the data directory and drop the lock files of a postmaster that is gone.

    The supervisor's lock makes the caller the only one who may start a server there. PostgreSQL's own check
    (is the number in the file alive?) is fooled by a number used again and by a zombie nobody has collected.
    """
    data = services.postgres_data

    def all_of_them() -> list[int]:
        return working_in(data, "postgres")

    # A fast shutdown is asked of the postmaster alone; its helpers give SIGINT other meanings.
    postmaster = _recorded_postmaster(data)
    stop_leftovers(lambda: [pid for pid in all_of_them() if pid == postmaster], STOP_SIGNALS)
    stop_leftovers(all_of_them, [(signal.SIGQUIT, 5.0)])
    for lock in (data / "postmaster.pid", services.postgres_host / f".s.PGSQL.{services.port}.lock"):
        lock.unlink(missing_ok=True)


def _recorded_postmaster(data: Path) -> int:
    """The number in the pid file, or 0."""
    try:
        return int((data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0
