"""A repeated request has one effect and one answer, also when both come at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from core.models import IdempotencyKey, Job
from tests.core.conftest import Caller, token_of

pytestmark = pytest.mark.urls("tests.core.api_sample")
URL = "/api/v1/things"
BODY = {"lines": [{"sku": "A", "quantity": 2}]}


def test_the_same_request_again_answers_the_first_answer_byte_for_byte(caller):
    first = caller.post(URL, BODY, Idempotency_Key="one")
    again = caller.post(URL, BODY, Idempotency_Key="one")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Content-Type"] == first["Content-Type"]
    assert "Idempotent-Replayed" not in first.headers
    assert again["Idempotent-Replayed"] == "true"
    assert Job.objects.count() == 1


def test_another_body_under_the_same_key_is_a_conflict(caller):
    caller.post(URL, BODY, Idempotency_Key="one")
    other = caller.post(URL, {"lines": [{"sku": "B", "quantity": 2}]}, Idempotency_Key="one")

    assert other.status_code == 409
    assert "another request" in other.json()["detail"]
    assert Job.objects.count() == 1


def test_another_key_or_another_caller_works_anew(caller, make_key):
    other = Caller(token_of(make_key("def")))
    answers = [
        caller.post(URL, BODY, Idempotency_Key="one"),
        caller.post(URL, BODY, Idempotency_Key="two"),
        other.post(URL, BODY, Idempotency_Key="one"),
    ]

    assert len({answer.json()["id"] for answer in answers}) == 3


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "\x00"])
def test_a_key_has_1_to_200_printable_characters(caller, key):
    answer = caller.post(URL, BODY, Idempotency_Key=key)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "Idempotency-Key"


def test_a_key_of_200_characters_will_do(caller):
    assert caller.post(URL, BODY, Idempotency_Key="x" * 200).status_code == 201


def test_a_required_key_is_asked_for(caller):
    answer = caller.post(URL, BODY)

    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["detail"]
    assert not Job.objects.exists()


def test_an_optional_key_may_be_left_out(caller):
    ids = [caller.post("/api/v1/optional", BODY).json()["id"] for _ in range(2)]
    replayed = [caller.post("/api/v1/optional", BODY, Idempotency_Key="one").json()["id"] for _ in range(2)]

    assert ids[0] != ids[1]
    assert replayed[0] == replayed[1]


@pytest.mark.parametrize(("sku", "status"), [("short", 409), ("crash", 500), ("", 422)])
def test_a_refusal_changes_nothing_and_is_not_kept(caller, sku, status):
    body = {"lines": [{"sku": sku, "quantity": 2}]}

    for _ in range(2):
        answer = caller.post(URL, body, Idempotency_Key="one")
        assert answer.status_code == status
        assert "Idempotent-Replayed" not in answer.headers
    assert not Job.objects.exists()
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_requests_at_the_same_time_one_works_and_the_others_replay(make_key):
    token = token_of(make_key())
    body = {**BODY, "wait": 0.3}

    def send(_number):
        try:
            return Caller(token).post(URL, body, Idempotency_Key="one")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(send, range(5)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 4
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_when_the_first_of_two_is_refused_the_second_tries_itself(make_key):
    token = token_of(make_key())
    body = {"lines": [{"sku": "short", "quantity": 2}], "wait": 0.2}

    def send(_number):
        try:
            return Caller(token).post(URL, body, Idempotency_Key="one")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, range(2)))

    assert [answer.status_code for answer in answers] == [409, 409]
    assert not Job.objects.exists()
