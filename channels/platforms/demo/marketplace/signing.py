"""Whether a call comes from who it says: HMAC-SHA256, a clock and each nonce once.

Signed is, joined by line feeds: method, path with query, timestamp, nonce, hex SHA-256 of the body. Seen
nonces are held in memory. A replay after a restart changes nothing: every number carries its version.
"""

import hashlib
import hmac
import time
from collections import deque
from collections.abc import Callable, Mapping

from .problems import Problem

CLOCK_SKEW = 300
"""Seconds a timestamp may be off, either way."""
NONCE_LENGTHS = range(8, 65)


class Gate:
    """Checks signatures and remembers nonces for as long as their timestamps are good."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._seen: set[tuple[str, str]] = set()
        self._expiry: deque[tuple[float, tuple[str, str]]] = deque()

    def check(self, secret: str, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raises Problem (401) unless the call is signed with `secret`, in time, for the first time."""
        timestamp, nonce = headers.get("x-market-timestamp", ""), headers.get("x-market-nonce", "")
        self._check_clock(timestamp)
        if len(nonce) not in NONCE_LENGTHS:
            raise Problem(401, "bad-nonce", "X-Market-Nonce must have 8 to 64 characters.")
        digest = hashlib.sha256(body).hexdigest()
        text = "\n".join((method, target, timestamp, nonce, digest))
        expected = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        given = headers.get("x-market-signature", "")
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise Problem(401, "bad-signature", "The signature does not fit the call.")
        self._remember((headers.get("x-market-key", ""), nonce))

    def _check_clock(self, timestamp: str) -> None:
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise Problem(401, "bad-timestamp", "X-Market-Timestamp must be seconds since 1970.")
        if abs(self._clock() - int(timestamp)) > CLOCK_SKEW:
            raise Problem(401, "bad-clock", "The timestamp is more than 5 minutes off.")

    def _remember(self, use: tuple[str, str]) -> None:
        now = self._clock()
        while self._expiry and self._expiry[0][0] < now:
            self._seen.discard(self._expiry.popleft()[1])
        if use in self._seen:
            raise Problem(401, "replayed", "This nonce was used before.")
        self._seen.add(use)
        # A timestamp may lie ahead as far as it may lie behind, so a nonce is good for both together.
        self._expiry.append((now + 2 * CLOCK_SKEW + 1, use))
