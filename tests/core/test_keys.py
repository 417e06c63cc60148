"""Keys: the secret is shown once, works at once, and never after it is revoked."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from core.errors import InvalidInput
from core.keys import create_api_key, revoke_api_key
from core.models import ApiKey
from tests.core.conftest import Caller

pytestmark = [pytest.mark.urls("tests.core.api_sample"), pytest.mark.django_db]


def test_a_new_key_works_until_it_is_revoked():
    key, token = create_api_key(name="till", scopes=["stock"], actor="ann")
    assert Caller(token).get("/api/v1/hello").json() == {"name": "till"}

    revoke_api_key(key, actor="ann")
    assert Caller(token).get("/api/v1/hello").status_code == 401


def test_the_secret_is_not_kept():
    key, token = create_api_key(name="till", scopes=["stock"], actor="ann")
    secret = token.rsplit("_", 1)[1]

    assert len(secret) >= 32
    assert secret not in str(ApiKey.objects.values().get(pk=key.pk))
    assert token.startswith(f"op_{key.prefix}_")


def test_revoking_twice_keeps_the_first_time():
    key, _ = create_api_key(name="till", scopes=["stock"], actor="ann")
    revoke_api_key(key, actor="ann")
    first = ApiKey.objects.get().revoked_at
    revoke_api_key(ApiKey.objects.get(), actor="bob")

    assert ApiKey.objects.get().revoked_at == first


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"scopes": ["stock", "fly"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"expires_at": timezone.now() - timedelta(hours=1)}, "expires_at"),
    ],
)
def test_a_key_that_could_do_nothing_is_refused(values, path):
    with pytest.raises(InvalidInput) as refused:
        create_api_key(**{"name": "till", "scopes": ["stock"], "actor": "ann"} | values)
    assert refused.value.errors[0].path == path


@pytest.mark.parametrize(("owner", "code"), [("shop", ""), ("integration", "S1"), ("nobody", "S1")])
def test_an_owner_has_its_code_and_an_integration_none(owner, code):
    with pytest.raises(ValidationError):
        create_api_key(name="till", scopes=["stock"], owner=owner, owner_code=code, actor="ann")
