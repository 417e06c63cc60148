"""Reservations over HTTP: what is answered, to whom, and again."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from channels.reservations.models import Reservation
from channels.reservations.schemas import MOST_LINES, ReservationOut
from config.api import api
from core.models import IdempotencyKey
from tests.channels.reservations.api_world import Caller, allocated, ask, caller, problem, skus, world
from tests.channels.small_world import settle

__all__ = ["ask", "caller", "skus", "world"]

pytestmark = pytest.mark.django_db


def test_a_reservation_says_what_it_holds_where_and_until_when(caller, ask, world):
    before = timezone.now()
    answer = caller.reserve(ask(A=2, B=1, reference="cart-1"))

    assert answer.status_code == 201
    content = answer.json()
    ReservationOut.model_validate(answer.json())
    expires = datetime.fromisoformat(content.pop("expires_at"))
    assert before + timedelta(seconds=899) < expires < timezone.now() + timedelta(seconds=901)
    assert content == {
        "id": Reservation.objects.get().pk,
        "shop": world.shop.code,
        "state": "held",
        "check": "entitlement",
        "reference": "cart-1",
        "lines": [
            {
                "sku": sku,
                "requested": units,
                "reserved": units,
                "holds": [{"functional": world.functional.code, "quantity": units}],
            }
            for sku, units in (("A", 2), ("B", 1))
        ],
    }
    assert allocated() == {"A": 2, "B": 1}
    assert not IdempotencyKey.objects.exists()


def test_the_caller_and_who_did_it_are_the_key(caller, ask):
    caller.made(ask(A=1))
    made = Reservation.objects.get()

    assert (made.caller, made.key, made.actor) == (f"key:{caller.key.pk}", "one", "api:abc")


def test_the_same_request_again_answers_the_very_same_bytes(caller, ask):
    first = caller.reserve(ask(A=2))
    again = caller.reserve(ask(A=2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Content-Type"] == first["Content-Type"]
    assert "Idempotent-Replayed" not in first.headers
    assert again["Idempotent-Replayed"] == "true"
    assert allocated()["A"] == 2


def test_the_first_answer_stays_even_when_the_reservation_has_ended(caller, ask):
    first = caller.reserve(ask(A=2))
    caller.post(f"/reservations/{first.json()['id']}/release")

    assert caller.reserve(ask(A=2)).content == first.content
    assert allocated()["A"] == 0


@pytest.mark.parametrize("other", [{"A": 3}, {"A": 2, "B": 1}, {"A": 2, "partial": True}, {"A": 2, "check": "stock"}])
def test_another_body_under_the_same_key_is_a_conflict(caller, ask, other):
    caller.made(ask(A=2))

    assert "another reservation" in problem(caller.reserve(ask(**other)), 409)["detail"]
    assert allocated()["A"] == 2


def test_another_callers_key_is_another(caller, ask):
    caller.made(ask(A=2))
    Caller("def").made(ask(A=2))

    assert allocated()["A"] == 4


def test_short_stock_names_each_short_sku_with_what_is_available(caller, ask):
    content = problem(caller.reserve(ask(A=11, B=7)), 409)

    assert [(error["sku"], error["wanted"], error["available"]) for error in content["errors"]] == [
        ("A", 11, 10),
        ("B", 7, 5),
    ]
    assert [error["path"].split(".")[0] for error in content["errors"]] == ["lines[0]", "lines[1]"]
    assert all(error["message"] for error in content["errors"])
    assert not Reservation.objects.exists()
    assert allocated() == {"A": 0, "B": 0}


def test_a_refusal_isnt_kept(caller, ask, world, skus):
    problem(caller.reserve(ask(A=11)), 409)
    world.receive(skus["A"], 1)
    settle()
    answer = caller.reserve(ask(A=11))

    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers


def test_partial_takes_what_there_is(caller, ask):
    lines = caller.made(ask(A=11, B=1, partial=True))["lines"]

    assert [(line["requested"], line["reserved"]) for line in lines] == [(11, 10), (1, 1)]


def test_lines_of_one_sku_are_summed(caller, ask):
    line = {"sku": "A", "quantity": 6}

    assert problem(caller.reserve(ask([line, line])), 409)["errors"][0]["wanted"] == 12
    assert [line["requested"] for line in caller.made(ask([line, {"sku": "A", "quantity": 1}]))["lines"]] == [7]


def test_an_unknown_sku_is_named(caller, ask):
    content = problem(caller.reserve(ask([{"sku": "A", "quantity": 1}, {"sku": "HAT", "quantity": 1}])), 422)

    assert [error["path"] for error in content["errors"]] == ["lines[1].sku"]
    assert "HAT" in content["errors"][0]["message"]
    assert allocated()["A"] == 0


def test_an_unknown_shop_is_404(caller, ask):
    assert "NOWHERE" in problem(caller.reserve(ask(A=1) | {"shop": "NOWHERE"}), 404)["detail"]


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"expires_in": 0}, "expires_in"),
        ({"expires_in": 30 * 86400 + 1}, "expires_in"),
        ({"expires_in": "900"}, "expires_in"),
        ({"check": "free"}, "check"),
        ({"partial": "yes"}, "partial"),
        ({"note": "x"}, "note"),
        ({"reference": "x" * 201}, "reference"),
        ({"lines": []}, "lines"),
        ({"lines": [{"sku": "A", "quantity": 1}] * (MOST_LINES + 1)}, "lines"),
        ({"lines": [{"sku": "A", "quantity": 0}]}, "lines[0].quantity"),
        ({"lines": [{"sku": "A", "quantity": 1.5}]}, "lines[0].quantity"),
        ({"lines": [{"sku": "A", "quantity": 2**31}]}, "lines[0].quantity"),
        ({"lines": [{"sku": "", "quantity": 1}]}, "lines[0].sku"),
        ({"lines": [{"sku": "A", "quantity": 1, "listing": "x"}]}, "lines[0].listing"),
    ],
)
def test_what_doesnt_fit_is_named_and_books_nothing(caller, ask, values, path):
    content = problem(caller.reserve(ask(A=1) | values), 422)

    assert [error["path"] for error in content["errors"]] == [path]
    assert allocated()["A"] == 0


@pytest.mark.parametrize(("expires_in", "lasts"), [(None, None), (30 * 86400, 30 * 86400), (1, 1)])
def test_a_reservation_lasts_as_long_as_asked(caller, ask, expires_in, lasts):
    expires = caller.made(ask(A=1, expires_in=expires_in))["expires_at"]

    if lasts is None:
        assert expires is None
    else:
        left = datetime.fromisoformat(expires) - timezone.now()
        assert timedelta(seconds=lasts - 10) < left <= timedelta(seconds=lasts)


@pytest.mark.parametrize("key", [None, "", "x" * 201, "a\tb"])
def test_a_key_is_required_and_has_its_form(caller, ask, key):
    assert problem(caller.reserve(ask(A=1), key), 422)["errors"][0]["path"] == "Idempotency-Key"
    assert allocated()["A"] == 0


def test_the_document_names_the_key(ask):
    operation = api.get_openapi_schema()["paths"]["/api/v1/reservations"]["post"]
    named = [parameter for parameter in operation["parameters"] if parameter["name"] == "Idempotency-Key"]

    assert [parameter["required"] for parameter in named] == [True]


def test_sentences_are_in_the_callers_language(caller, ask, monkeypatch):
    from django.utils.translation import trans_real

    english = problem(caller.reserve(ask(A=1) | {"shop": "NOWHERE"}), 404)["detail"]
    monkeypatch.setitem(
        trans_real.translation("zh-hans")._catalog._catalogs[0], "There is no shop %(shop)s.", "没有 %(shop)s。"
    )
    answer = caller.post("/reservations", ask(A=1) | {"shop": "NOWHERE"}, "one", **{"Accept-Language": "zh-hans"})

    assert (english, answer.json()["detail"]) == ("There is no shop NOWHERE.", "没有 NOWHERE。")
