"""API keys: made with a secret that is shown once, and revoked for good."""

import logging
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from core.api.auth import forget_keys, hash_secret
from core.api.scopes import Scope
from core.errors import FieldError, InvalidInput
from core.models import ApiKey

log = logging.getLogger(__name__)
PREFIX_BYTES = 5
SECRET_BYTES = 24


def create_api_key(
    *,
    name: str,
    scopes: Sequence[str],
    owner: str = ApiKey.Owner.INTEGRATION,
    owner_code: str = "",
    expires_at: datetime | None = None,
    actor: str,
) -> tuple[ApiKey, str]:
    """Make a key; answers it with the whole text `op_<prefix>_<secret>`, which can't be had again.

    An unknown scope or a past `expires_at` is `InvalidInput`; an owner without its code is Django's ValidationError.
    """
    check_scopes(scopes)
    if expires_at is not None and expires_at <= timezone.now():
        sentence = _("The key would have expired already.")
        raise InvalidInput(sentence, [FieldError("expires_at", sentence)])
    prefix, secret = secrets.token_hex(PREFIX_BYTES), secrets.token_hex(SECRET_BYTES)
    key = ApiKey(
        name=name,
        prefix=prefix,
        secret_hash=hash_secret(secret),
        owner=owner,
        owner_code=owner_code,
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    key.full_clean()
    key.save(force_insert=True)
    log.info("API key %s (%s) made by %s", prefix, name, actor)
    return key, f"op_{prefix}_{secret}"


def check_scopes(scopes: Sequence[str]) -> None:
    """Refuse none at all and those that don't exist."""
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown:
        sentence = _("There is no scope “%(scope)s”.") % {"scope": unknown[0]}
        raise InvalidInput(sentence, [FieldError("scopes", sentence)])
    if not scopes:
        sentence = _("Choose at least one scope.")
        raise InvalidInput(sentence, [FieldError("scopes", sentence)])


def revoke_api_key(key: ApiKey, *, actor: str) -> None:
    """From now on the key answers 401, in other processes within a second. Revoking it again keeps the first time."""
    now = timezone.now()
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        key.revoked_at = now
        forget_keys()
        log.info("API key %s (%s) revoked by %s", key.prefix, key.name, actor)
