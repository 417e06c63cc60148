"""Every fault is one shape: who may not, what is at fault and where, in the caller's language."""

import logging
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core.api.auth import forget_keys
from core.api.problems import path_of
from core.models import ApiKey
from tests.core.conftest import SECRET, Caller, token_of

pytestmark = pytest.mark.urls("tests.core.api_sample")
URL = "/api/v1/things"


def problem(answer, status):
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["X-Request-ID"]
    content = answer.json()
    assert content["status"] == status
    assert {"type", "title", "detail"} <= set(content)
    return content


def test_a_key_opens_the_door(caller):
    assert caller.get("/api/v1/hello").json() == {"name": "abc"}


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer nonsense", f"Bearer op_abc_{'x' * 32}", "Bearer op_abc_s"]
)
def test_without_a_good_key_the_answer_is_401(make_key, header):
    make_key()
    answer = Client().get("/api/v1/hello", headers={"Authorization": header} if header else {})

    assert problem(answer, 401)["type"] == "urn:onepool:problem:unauthorized"
    assert answer["WWW-Authenticate"] == "Bearer"


def test_an_unknown_prefix_answers_like_a_wrong_secret(make_key):
    make_key()
    unknown = problem(Caller(f"op_zzz_{SECRET}").get("/api/v1/hello"), 401)

    assert unknown == problem(Caller(f"op_abc_{'x' * 32}").get("/api/v1/hello"), 401)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"revoked_at": timezone.now()}, "revoked"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "expired"),
    ],
)
def test_an_old_key_says_why_it_is_refused(make_key, values, word):
    assert word in problem(Caller(token_of(make_key(**values))).get("/api/v1/hello"), 401)["detail"]


def test_a_missing_scope_is_403_and_named(make_key):
    answer = Caller(token_of(make_key(scopes=["stock:write"]))).get("/api/v1/hello")

    assert "“stock”" in problem(answer, 403)["detail"]


def test_the_use_of_a_key_is_noted_once_a_minute(caller, django_assert_num_queries):
    caller.get("/api/v1/hello")
    first = ApiKey.objects.get().last_used_at

    forget_keys()
    with django_assert_num_queries(1):
        caller.get("/api/v1/hello")
    assert first is not None
    assert ApiKey.objects.get().last_used_at == first

    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    forget_keys()
    with django_assert_num_queries(2):
        caller.get("/api/v1/hello")
        caller.get("/api/v1/hello")
    assert (ApiKey.objects.get().last_used_at or first) > first - timedelta(minutes=1)


def test_what_doesnt_fit_is_named_by_its_place_in_the_clients_json(caller):
    lines = [{"sku": "A", "quantity": 1}, {"sku": " ", "quantity": "x"}, {"quantity": 0}]
    errors = problem(caller.post(URL, {"lines": lines}, Idempotency_Key="k"), 422)["errors"]

    assert {(error["path"], error["message"]) for error in errors} == {
        ("lines[1].sku", "A SKU's code isn't blank."),
        ("lines[1].quantity", "Give a whole number."),
        ("lines[2].sku", "This value is required."),
        ("lines[2].quantity", "Give 1 or more."),
    }


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ({"lines": []}, "lines", "Give at least 1 entries; there are 0."),
        ({"lines": [{"sku": "A", "quantity": 1}] * 4}, "lines", "Give at most 3 entries; there are more."),
        ({"lines": {}}, "lines", "Give a list."),
        ({"lines": [{"sku": "A" * 9, "quantity": 1}]}, "lines[0].sku", "Give at most 8 characters."),
        ({"lines": [{"sku": "A", "quantity": 1.5}]}, "lines[0].quantity", "Give a whole number."),
        ([], "lines", "This value is required."),
        (b"", "body", "This value is required."),
    ],
)
def test_each_kind_of_misfit_has_its_sentence(caller, body, path, message):
    errors = problem(caller.post(URL, body, Idempotency_Key="k"), 422)["errors"]

    assert (path, message) in {(error["path"], error["message"]) for error in errors}


@pytest.mark.parametrize("body", [b"{", b'{"lines": NaN}', b"\xff"])
def test_what_isnt_json_is_400(caller, body):
    assert "JSON" in problem(caller.post(URL, body, Idempotency_Key="k"), 400)["detail"]


def test_a_domain_error_brings_its_facts(caller):
    answer = caller.post(URL, {"lines": [{"sku": "short", "quantity": 7}]}, Idempotency_Key="k")

    assert problem(answer, 409)["errors"] == [
        {"path": "lines[0].sku", "message": "Only 0 of short are left.", "wanted": 7, "available": 0}
    ]


def test_sentences_are_in_the_callers_language(caller, monkeypatch):
    from django.utils import translation

    catalogue = translation.trans_real.translation("zh-hans")
    monkeypatch.setitem(catalogue._catalog._catalogs[0], "This value is required.", "必填。")
    errors = caller.post(URL, {}, Idempotency_Key="k", Accept_Language="zh-hans").json()["errors"]

    assert errors[0]["message"] == "必填。"


def test_an_unknown_address_is_404(client):
    assert problem(client.get("/api/v1/nowhere"), 404)["type"] == "urn:onepool:problem:not-found"


def test_a_wrong_method_is_405_and_names_the_right_one(client):
    answer = client.delete(URL)

    problem(answer, 405)
    assert answer["Allow"] == "POST"


def test_outside_the_api_nothing_changes(client):
    assert client.get("/nowhere")["Content-Type"].startswith("text/html")


def test_a_violated_constraint_says_its_own_sentence(db):
    answer = Client().get("/api/v1/faults/owner")

    assert "A shop's or store's key needs its code" in problem(answer, 409)["detail"]


@pytest.mark.parametrize(
    ("kind", "status"), [("integrity", 409), ("data", 422), ("nul", 422), ("database", 503), ("other", 500)]
)
def test_no_fault_shows_its_insides(db, kind, status, caplog):
    caplog.set_level(logging.INFO)
    answer = Client().get(f"/api/v1/faults/{kind}")

    content = problem(answer, status)
    assert "raw" not in answer.content.decode()
    assert "nothing was changed" in content["detail"] or status in (422, 500)
    assert caplog.records


@pytest.mark.parametrize(("kind", "lines"), [("owner", 0), ("data", 0), ("database", 1), ("other", 1)])
def test_only_faults_of_our_own_are_logged_per_request(db, kind, lines, caplog):
    Client().get(f"/api/v1/faults/{kind}")

    requests = [record for record in caplog.records if record.name == "django.request"]
    assert len(requests) == lines


def test_a_busy_database_asks_to_come_back(db):
    assert Client().get("/api/v1/faults/database")["Retry-After"] == "1"


def test_paths_read_like_the_json_they_point_into():
    assert path_of(("movements", 3, "sku")) == "movements[3].sku"
    assert path_of(()) == "body"
