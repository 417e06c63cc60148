"""Signed calls to the demo marketplace over one persistent connection."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx2
from django.utils.translation import gettext as _

from channels.platforms.contract import OutcomeKind, PlatformError

TIMEOUT = httpx2.Timeout(5.0, connect=2.0)
# The marketplace keeps an idle connection for 75 s; letting go first avoids writing into a closed one.
LIMITS = httpx2.Limits(max_connections=8, max_keepalive_connections=8, keepalive_expiry=30.0)


def sign(secret: str, *parts: str, body: bytes) -> str:
    """Hex HMAC-SHA256 over method, path with query, timestamp, nonce and the SHA-256 of the body."""
    text = "\n".join((*parts, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


class SignedTransport:
    """One caller's signed connection. Safe to share between threads."""

    def __init__(self, base_url: str, key: str, secret: str, *, timeout: httpx2.Timeout = TIMEOUT) -> None:
        self._key = key
        self._secret = secret
        # A proxy from the environment has no business between us and a marketplace on this machine.
        self._client = httpx2.Client(base_url=base_url, timeout=timeout, limits=LIMITS, trust_env=False)

    def call(self, method: str, path: str, payload: object = None, **params: str) -> dict[str, Any]:
        """Send one call and return the JSON object answered. Raises PlatformError for anything else."""
        body = b"" if payload is None else json.dumps(payload, separators=(",", ":")).encode()
        request = self._client.build_request(method, path, params=params or None, content=body)
        request.headers.update(self._signed(method, request.url.raw_path.decode("ascii"), body))
        try:
            response = self._client.send(request)
        except httpx2.TransportError as error:
            message = _("The demo marketplace could not be reached or did not answer in time (%(reason)s).")
            raise PlatformError(OutcomeKind.RETRY, message % {"reason": type(error).__name__}) from error
        return _read(response)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _signed(self, method: str, target: str, body: bytes) -> dict[str, str]:
        timestamp = str(int(time.time()))
        nonce = secrets.token_hex(16)
        return {
            "Content-Type": "application/json",
            "X-Market-Key": self._key,
            "X-Market-Timestamp": timestamp,
            "X-Market-Nonce": nonce,
            "X-Market-Signature": sign(self._secret, method, target, timestamp, nonce, body=body),
        }


def _read(response: httpx2.Response) -> dict[str, Any]:
    answer = _json_object(response)
    if response.status_code == HTTPStatus.OK and answer is not None:
        return answer
    reason = str((answer or {}).get("detail") or response.reason_phrase)
    raise _failure(response, reason, answer or {})


def _json_object(response: httpx2.Response) -> dict[str, Any] | None:
    try:
        answer = response.json()
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _failure(response: httpx2.Response, reason: str, problem: Mapping[str, Any]) -> PlatformError:
    status = response.status_code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        message = _("The demo marketplace asks for fewer calls: %(reason)s")
        return PlatformError(OutcomeKind.THROTTLED, message % {"reason": reason}, _retry_after(response, problem))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        message = _("The demo marketplace refused the app key or its signature: %(reason)s")
        return PlatformError(OutcomeKind.AUTH, message % {"reason": reason})
    if status == HTTPStatus.REQUEST_TIMEOUT or status >= 500 or status == HTTPStatus.OK:
        message = _("The demo marketplace has a passing problem (%(status)s): %(reason)s")
        return PlatformError(
            OutcomeKind.RETRY,
            message % {"status": status, "reason": reason},
            _retry_after(response, problem),
        )
    message = _("The demo marketplace refused the call (%(status)s): %(reason)s")
    return PlatformError(OutcomeKind.REJECTED, message % {"status": status, "reason": reason})


def _retry_after(response: httpx2.Response, problem: Mapping[str, Any]) -> float | None:
    """Seconds to wait. The header knows whole seconds or a date only, so the body's figure goes first."""
    exact = problem.get("retry_after")
    if isinstance(exact, int | float) and exact >= 0:
        return float(exact)
    header = response.headers.get("Retry-After", "")
    if header.isdecimal():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None
