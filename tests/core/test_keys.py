"""Keys: the secret is shown once, works at once, and never after it is revoked."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from core.api import auth
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


@pytest.fixture
def clock(monkeypatch):
    """The seconds that trust in keys is measured by."""
    now = [1000.0]
    monkeypatch.setattr(auth.time, "monotonic", lambda: now[0])
    return now


def known(token):
    return Caller(token).get("/api/v1/hello").status_code


def test_a_key_is_looked_up_once_a_second(clock, django_assert_num_queries):
    _key, token = create_api_key(name="till", scopes=["stock"], actor="ann")
    assert known(token) == 200
    with django_assert_num_queries(0):
        assert known(token) == 200
    clock[0] += 1.0
    with django_assert_num_queries(1):
        assert known(token) == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [({"revoked_at": timezone.now()}, 401), ({"scopes": ["availability"]}, 403), ({"secret_hash": "x"}, 401)],
)
def test_what_another_process_changes_holds_within_a_second(clock, change, status):
    key, token = create_api_key(name="till", scopes=["stock"], actor="ann")
    assert known(token) == 200
    ApiKey.objects.filter(pk=key.pk).update(**change)
    clock[0] += 1.0

    assert [known(token), known(token)] == [status, status]


def test_while_one_looks_a_key_up_the_others_believe_it(clock, monkeypatch, django_assert_num_queries):
    _key, token = create_api_key(name="till", scopes=["stock"], actor="ann")
    assert known(token) == 200
    clock[0] += 1.0
    look_up = auth._look_up
    meanwhile = []

    def slowly(given):
        monkeypatch.setattr(auth, "_look_up", look_up)
        with django_assert_num_queries(0):
            meanwhile.append(known(token))
        return look_up(given)

    monkeypatch.setattr(auth, "_look_up", slowly)

    assert (known(token), meanwhile) == (200, [200])


def test_a_believed_key_expires_on_time(clock):
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        expires_at = timezone.now() + timedelta(seconds=10)
        _key, token = create_api_key(name="till", scopes=["stock"], expires_at=expires_at, actor="ann")
        assert known(token) == 200
        traveller.shift(10)
        assert known(token) == 401


def test_only_the_whole_token_is_believed(clock):
    _key, token = create_api_key(name="till", scopes=["stock"], actor="ann")
    assert known(token) == 200

    assert {known(token[:-1]), known(token + "0"), known(token.replace("op_", "OP_"))} == {401}


def test_a_refused_token_is_never_believed(clock, django_assert_num_queries):
    _key, token = create_api_key(name="till", scopes=["stock"], actor="ann")
    for _ in range(2):
        with django_assert_num_queries(1):
            assert known(token + "0") == 401


def test_the_memory_of_keys_has_its_limit(clock, monkeypatch):
    monkeypatch.setattr(auth, "MOST_TRUSTED", 2)
    for number in range(5):
        assert known(create_api_key(name=str(number), scopes=["stock"], actor="ann")[1]) == 200
        assert len(auth._trusted) <= 2
