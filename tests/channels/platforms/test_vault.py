import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from pydantic import SecretStr

from channels.platforms import vault
from channels.platforms.contract import OutcomeKind, PlatformConfig, PlatformError
from channels.platforms.demo.config import DemoConfig

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
CONFIG = DemoConfig(base_url="http://127.0.0.1:8100/", app_key="key", app_secret=SecretStr("a-good-secret"))


class Other(PlatformConfig):
    token: str


def test_a_configuration_survives_the_round_trip_with_its_secret():
    sealed = vault.seal(CONFIG, [NEW])
    opened = vault.unseal(sealed, DemoConfig, [NEW])
    assert opened == CONFIG
    assert opened.app_secret.get_secret_value() == "a-good-secret"


def test_neither_the_sealed_text_nor_the_configuration_shows_the_secret():
    assert "secret" not in vault.seal(CONFIG, [NEW])
    assert "a-good-secret" not in repr(CONFIG)
    assert DemoConfig.secret_fields() == {"app_secret"}


def test_the_first_key_encrypts_and_all_of_them_decrypt():
    sealed = vault.seal(CONFIG, [OLD])
    assert vault.unseal(sealed, DemoConfig, [NEW, OLD]) == CONFIG
    fresh = vault.seal(CONFIG, [NEW, OLD])
    assert vault.unseal(fresh, DemoConfig, [NEW]) == CONFIG


def test_after_rotation_the_old_key_may_go():
    sealed = vault.seal(CONFIG, [OLD])
    rotated = vault.rotate(sealed, [NEW, OLD])
    assert vault.unseal(rotated, DemoConfig, [NEW]) == CONFIG
    with pytest.raises(PlatformError):
        vault.unseal(rotated, DemoConfig, [OLD])


def test_a_lost_key_is_said_plainly():
    sealed = vault.seal(CONFIG, [OLD])
    for attempt in (lambda: vault.unseal(sealed, DemoConfig, [NEW]), lambda: vault.rotate(sealed, [NEW])):
        with pytest.raises(PlatformError, match="cannot be read") as caught:
            attempt()
        assert caught.value.kind is OutcomeKind.AUTH


def test_a_changed_text_is_not_taken():
    sealed = vault.seal(CONFIG, [NEW])
    middle = len(sealed) // 2
    changed = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
    with pytest.raises(PlatformError):
        vault.unseal(changed, DemoConfig, [NEW])


def test_credentials_of_another_platform_do_not_leak_into_the_error():
    sealed = vault.seal(Other(token="a-good-secret"), [NEW])
    with pytest.raises(PlatformError) as caught:
        vault.unseal(sealed, DemoConfig, [NEW])
    assert "a-good-secret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("keys", [[], ["not-a-key"]])
def test_missing_or_bad_keys_are_a_configuration_error(keys):
    with pytest.raises(ImproperlyConfigured, match="CREDENTIAL_KEYS"):
        vault.seal(CONFIG, keys)


def test_keys_come_from_the_settings(settings):
    settings.CREDENTIAL_KEYS = [NEW, OLD]
    assert vault.credential_keys() == [NEW, OLD]
