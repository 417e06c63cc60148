"""Ask a service over its socket whether it really works, in its own protocol."""

import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from config.services.locations import Services

TIMEOUT_SECONDS = 2.0
PROTOCOL_3 = 196608
STARTING_UP = b"57P03"
NO_DATABASE = b"3D000"


def postgres_answers(services: Services, database: str) -> bool:
    """True when ``database`` accepts sessions (a full server counts: it is up, only busy)."""
    fields = {"user": services.user, "database": database}
    body = struct.pack("!i", PROTOCOL_3)
    body += b"".join(f"{key}\0{value}\0".encode() for key, value in fields.items()) + b"\0"
    path = services.postgres_host / f".s.PGSQL.{services.port}"
    for kind, content in _messages(_exchange(path, struct.pack("!i", len(body) + 4) + body, postgres_decided)):
        if kind == b"Z":
            return True
        if kind == b"E":
            return STARTING_UP not in content and NO_DATABASE not in content
    return False


def postgres_decided(received: bytes) -> bool:
    """True when the answer has come to its end: ready for a query, or an error."""
    return any(kind in {b"Z", b"E"} for kind, _ in _messages(received))


def valkey_answers(services: Services) -> bool:
    """True when Valkey answers PING; it says LOADING while it still reads its log."""
    return _exchange(services.valkey_socket, b"PING\r\n", lambda received: b"\n" in received).startswith(b"+PONG")


def _messages(received: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The complete (kind, content) messages of PostgreSQL's answer."""
    start = 0
    while start + 5 <= len(received):
        end = start + 1 + int.from_bytes(received[start + 1 : start + 5])
        if end > len(received):
            return
        yield received[start : start + 1], received[start + 5 : end]
        start = end


def _exchange(path: Path, message: bytes, complete: Callable[[bytes], bool]) -> bytes:
    """Send the message and return what came back, up to a complete answer; nothing when nobody listens."""
    received = b""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT_SECONDS)
        try:
            connection.connect(str(path))
            connection.sendall(message)
            while not complete(received) and (more := connection.recv(4096)):
                received += more
        except OSError:
            return b""
    return received
