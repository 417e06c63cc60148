"""Where the embedded services live. Pure: nothing is created or started here."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

ROLE = "onepool"
DATABASE = "onepool"
PORT = 5432  # Only a part of the socket's name: no TCP port is opened.

# The kernel's limit for a socket path is 107 bytes on Linux and 103 on macOS.
SOCKET_PATH_LIMIT = 100
LONGEST_SOCKET = f"postgres/.s.PGSQL.{PORT}"


class DatabaseParts(TypedDict):
    """Keys of a Django database entry; HOST is the socket directory."""

    HOST: str
    PORT: str
    USER: str
    NAME: str
    PASSWORD: str


@dataclass(frozen=True)
class Services:
    """Addresses of the two services of one checkout; all paths are absolute."""

    base: Path
    sockets: Path

    @property
    def var(self) -> Path:
        """Everything the local runner keeps."""
        return self.base / "var"

    @property
    def run(self) -> Path:
        """Locks and, unless its path is too long, sockets."""
        return self.var / "run"

    @property
    def log(self) -> Path:
        """One log file per process."""
        return self.var / "log"

    @property
    def postgres_data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.var / "pg"

    @property
    def valkey_data(self) -> Path:
        """The folder of Valkey's append-only file."""
        return self.var / "valkey"

    @property
    def postgres_host(self) -> Path:
        """The directory of PostgreSQL's socket, which clients give as the host."""
        return self.sockets / "postgres"

    @property
    def valkey_socket(self) -> Path:
        """Valkey's Unix socket."""
        return self.sockets / "valkey.sock"

    @property
    def host(self) -> str:
        """The socket directory as text, as PostgreSQL clients want it."""
        return str(self.postgres_host)

    @property
    def port(self) -> int:
        """The number in the socket's name."""
        return PORT

    @property
    def user(self) -> str:
        """The role that owns the database; a superuser."""
        return ROLE

    @property
    def name(self) -> str:
        """The name of the database."""
        return DATABASE

    @property
    def supervisor_lock(self) -> Path:
        """Held exclusively by the supervisor; contains its pid."""
        return self.run / "supervisor.lock"

    def clients_lock(self, service: str) -> Path:
        """Held shared by every client of the service (``postgres`` or ``valkey``)."""
        return self.run / f"{service}.clients"

    def failure_file(self, service: str) -> Path:
        """Why the service does not start: the supervisor's pid, a newline, a sentence."""
        return self.run / f"{service}.failure"

    def log_file(self, service: str) -> Path:
        """The log of a service, or of another part of the product."""
        return self.log / f"{service}.log"

    @property
    def database(self) -> DatabaseParts:
        """The entries of Django's DATABASES that say where the database is."""
        return {"HOST": self.host, "PORT": str(PORT), "USER": ROLE, "NAME": DATABASE, "PASSWORD": ""}

    @property
    def database_url(self) -> str:
        """For anything that takes a PostgreSQL address."""
        return f"postgresql:///{DATABASE}?host={quote(self.host)}&port={PORT}&user={ROLE}"

    @property
    def redis_url(self) -> str:
        """For redis-py; append nothing: the database number is part of it (0)."""
        return self.redis_url_for(0)

    def redis_url_for(self, database: int) -> str:
        """For redis-py, with the given database number (0 to 63)."""
        return f"unix://{quote(str(self.valkey_socket))}?db={database}"

    @property
    def broker_url(self) -> str:
        """For Celery, whose spelling of a socket address differs from redis-py's."""
        return self.broker_url_for(0)

    def broker_url_for(self, database: int) -> str:
        """For Celery, with the given database number (0 to 63)."""
        return f"redis+socket://{quote(str(self.valkey_socket))}?virtual_host={database}"


def locations(base: Path) -> Services:
    """The addresses for the checkout at ``base``.

    Sockets are in ``var/run``; when that path is too long for a socket, in a private directory under /tmp
    whose name follows from the checkout's path, so every client computes the same one.
    """
    base = base.resolve()
    sockets = base / "var" / "run"
    if len(os.fsencode(sockets / LONGEST_SOCKET)) > SOCKET_PATH_LIMIT:
        digest = hashlib.sha256(os.fsencode(base)).hexdigest()[:16]
        # Not tempfile.gettempdir(): TMPDIR may differ between two clients of one checkout.
        sockets = Path("/tmp") / f"onepool-{os.getuid()}-{digest}"  # noqa: S108
    return Services(base=base, sockets=sockets)
