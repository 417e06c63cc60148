"""Shop credentials at rest: a whole configuration is one encrypted text.

Keys are Fernet keys (`Fernet.generate_key()`). The first one encrypts, all of them decrypt: to rotate, put
the new key first, call `rotate` on every stored text, then drop the old key.
"""

import json
from collections.abc import Sequence
from typing import TypeVar

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _
from pydantic import SecretStr, ValidationError

from channels.platforms.contract import OutcomeKind, PlatformConfig, PlatformError

ConfigT = TypeVar("ConfigT", bound=PlatformConfig)


def credential_keys() -> list[str]:
    """The installation's keys, newest first (`settings.CREDENTIAL_KEYS`)."""
    keys: list[str] = settings.CREDENTIAL_KEYS
    return keys


def seal(config: PlatformConfig, keys: Sequence[str]) -> str:
    """Encrypt a configuration, secrets included, into ASCII text."""
    record = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in config.model_dump().items()
    }
    return _cipher(keys).encrypt(json.dumps(record).encode()).decode("ascii")


def unseal(sealed: str, model: type[ConfigT], keys: Sequence[str]) -> ConfigT:
    """The configuration inside `sealed`.

    Raises PlatformError (auth) if no key opens it or what is inside no longer fits the model.
    """
    try:
        return model.model_validate_json(_cipher(keys).decrypt(sealed.encode()))
    except InvalidToken:
        message = _("The saved credentials cannot be read with this installation's keys. Enter them again.")
    except ValidationError:
        # The validation error would quote the record, so it goes no further.
        message = _("The saved credentials lack something this platform needs. Enter them again.")
    raise PlatformError(OutcomeKind.AUTH, message)


def rotate(sealed: str, keys: Sequence[str]) -> str:
    """Encrypt `sealed` again under the first key. Raises PlatformError (auth) if no key opens it."""
    try:
        return _cipher(keys).rotate(sealed.encode()).decode("ascii")
    except InvalidToken:
        message = _("The saved credentials cannot be read with this installation's keys. Enter them again.")
        raise PlatformError(OutcomeKind.AUTH, message) from None


def _cipher(keys: Sequence[str]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("CREDENTIAL_KEYS is empty: credentials need at least one key.")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise ImproperlyConfigured(
            "CREDENTIAL_KEYS holds a key that is not a Fernet key (32 bytes, URL-safe base64)."
        ) from None
