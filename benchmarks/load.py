"""Sends prepared requests over many connections as fast as they are answered, at little cost to the server's cores."""

import selectors
import socket
from collections.abc import Sequence
from itertools import islice
from time import perf_counter
from typing import NamedTuple

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_LAST_CHUNK = b"0\r\n\r\n"
_MOST = 65536


class Answer(NamedTuple):
    """How a request was answered, and the seconds from its first byte to the answer's last.

    The body of an answer without a length is as it was sent, in chunks.
    """

    status: int
    body: bytes
    seconds: float


class _Client:
    """One keep-alive connection with one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.at = 0
        self._received = b""
        self._sent = 0.0

    def send(self, at: int, request: bytes) -> None:
        """Start request number `at`."""
        self.at = at
        self._received = b""
        self._sent = perf_counter()
        self.socket.sendall(request)

    def receive(self) -> Answer | None:
        """The answer, once all of it is there."""
        chunk = self.socket.recv(_MOST)
        if not chunk:
            raise ConnectionError(f"the server hung up after {self._received[:300]!r}")
        self._received += chunk
        head, found, body = self._received.partition(_END)
        if not found or not _complete(head, body):
            return None
        return Answer(int(head[9:12]), body, perf_counter() - self._sent)


def send_all(port: int, requests: Sequence[bytes], connections: int) -> list[Answer]:
    """The answers in the order of the requests; each connection sends its next request when the last is answered."""
    answers: dict[int, Answer] = {}
    upcoming = iter(enumerate(requests))
    with selectors.DefaultSelector() as selector:
        for at, request in islice(upcoming, connections):
            client = _Client(port)
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.send(at, request)
        while selector.get_map():
            for key, _ in selector.select():
                answer = key.data.receive()
                if answer is None:
                    continue
                answers[key.data.at] = answer
                following = next(upcoming, None)
                if following is None:
                    selector.unregister(key.data.socket)
                    key.data.socket.close()
                else:
                    key.data.send(*following)
    return [answers[at] for at in range(len(requests))]


def post(path: str, body: bytes, **headers: str) -> bytes:
    """The bytes of a request; an underscore in a header's name stands for a hyphen."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + _END + body


def _complete(head: bytes, body: bytes) -> bool:
    for line in head.split(b"\r\n")[1:]:
        if line.lower().startswith(_LENGTH):
            return len(body) >= int(line[len(_LENGTH) :])
    return body.endswith(_LAST_CHUNK)
