"""Who is calling: `Authorization: Bearer op_<prefix>_<secret>`, stored as a prefix and the secret's SHA-256.

A process believes a key that it has looked up for `TRUSTED_SECONDS`: so much longer, and for as long as looking it up
takes, may it work in other processes after it was revoked, or its scopes were changed. In the process that revokes it,
it ends at once.
"""

import hmac
import re
import time
from datetime import timedelta
from hashlib import sha256
from threading import Lock
from typing import cast

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.security import HttpBearer

from core.api.throttle import take_token
from core.errors import Forbidden, Unauthenticated
from core.models import ApiKey

USED_EVERY = timedelta(minutes=1)
TRUSTED_SECONDS = 1.0
MOST_TRUSTED = 1_000
_FORMAT = re.compile(r"op_([A-Za-z0-9]{1,12})_([A-Za-z0-9]{16,128})")
_NO_HASH = "0" * 64
# Every request asks this: composing the query anew each time costs more than its answer.
_BY_PREFIX = "SELECT * FROM core_apikey WHERE prefix = %s"


def hash_secret(secret: str) -> str:
    """The hash that is stored: hexadecimal SHA-256. The secret is random, so it needs no salt and no slow hash."""
    return sha256(secret.encode()).hexdigest()


class ApiKeyAuth(HttpBearer):
    """Answers the calling `ApiKey`, which becomes `request.auth`; 401 without a valid key, 403 without the scope."""

    openapi_description = "A key made under System, API keys: `op_<prefix>_<secret>`."

    def __init__(self, scope: str | None = None) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> ApiKey:
        """The caller's key; `Unauthenticated` or `Forbidden` without one that will do."""
        key: ApiKey | None = super().__call__(request)
        if key is None:
            raise Unauthenticated(_("Send your API key as: Authorization: Bearer KEY."))
        return key

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        """Find the key, refuse it when it can't be used, and take a token of its rate."""
        key = _find_key(token)
        take_token(key.pk)
        if self.scope is not None and self.scope not in key.scopes:
            raise Forbidden(_("This API key lacks the scope “%(scope)s”.") % {"scope": self.scope})
        _note_use(key)
        return key


def caller_of(request: HttpRequest) -> ApiKey:
    """The key that ninja has put on the request of an operation with `auth=scoped(...)`."""
    return cast("ApiKey", vars(request)["auth"])


def scoped(scope: str) -> ApiKeyAuth:
    """The `auth=` of an endpoint that needs `scope`."""
    return ApiKeyAuth(scope)


def forget_keys() -> None:
    """Look every key up anew: what is known of one has changed."""
    _trusted.clear()


class _Trust:
    """A key that was looked up, and until when it is believed."""

    __slots__ = ("key", "until")

    def __init__(self, key: ApiKey) -> None:
        self.key = key
        self.until = time.monotonic() + TRUSTED_SECONDS

    def lapses(self) -> bool:
        """Whether it is the caller's turn to look the key up; the others believe it while he does.

        Would all look, every thread of the process would wait for a connection at the same moment.
        """
        now = time.monotonic()
        if now < self.until:
            return False
        with _mutex:
            lapsed = now >= self.until
            self.until = max(self.until, now + TRUSTED_SECONDS)
        return lapsed


_mutex = Lock()
# By the hash of the whole token, which is kept nowhere.
_trusted: dict[str, _Trust] = {}


def _find_key(token: str) -> ApiKey:
    digest = hash_secret(token)
    trust = _trusted.get(digest)
    if trust is None or trust.lapses():
        trust = _trust_anew(digest, token)
    key = trust.key
    if key.expires_at is not None and key.expires_at <= timezone.now():
        raise Unauthenticated(_("This API key has expired."))
    return key


def _trust_anew(digest: str, token: str) -> _Trust:
    try:
        trust = _Trust(_look_up(token))
    except Unauthenticated:
        _trusted.pop(digest, None)
        raise
    if len(_trusted) >= MOST_TRUSTED:
        forget_keys()
    _trusted[digest] = trust
    return trust


def _look_up(token: str) -> ApiKey:
    match = _FORMAT.fullmatch(token.strip())
    prefix, secret = match.groups() if match else ("", "")
    key = next(iter(ApiKey.objects.raw(_BY_PREFIX, [prefix])), None) if prefix else None
    # Compare even when there is no such key, so that the time taken doesn't tell which prefixes exist.
    if not hmac.compare_digest(hash_secret(secret), key.secret_hash if key else _NO_HASH) or key is None:
        raise Unauthenticated(_("This API key isn't known."))
    if key.revoked_at is not None:
        raise Unauthenticated(_("This API key has been revoked."))
    return key


def _note_use(key: ApiKey) -> None:
    """Remember the use at most once a minute: the row was read anyway, so most requests cost no query here."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at >= USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_EVERY)
        key.last_used_at = now
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
