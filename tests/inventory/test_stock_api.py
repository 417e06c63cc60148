"""Stock over HTTP: who sees what, answers per row, pages and filters."""

from datetime import timedelta

import orjson
import pytest
from django.test import Client
from django.utils import timezone

from core.api.auth import hash_secret
from core.models import ApiKey
from inventory.ledger.actions import HoldRequest, Movement, place_holds, post_movements
from tests.inventory.stock_checks import entries, levels, make_place, make_skus

pytestmark = pytest.mark.django_db
GOOD, BAD = "DC1-GOOD", "DC1-DEFECTIVE"
SECRET = "s" * 32


class Caller:
    def __init__(self, prefix="abc", scopes=("stock", "stock:write"), **values):
        ApiKey.objects.create(
            name=prefix, prefix=prefix, secret_hash=hash_secret(SECRET), scopes=list(scopes), **values
        )
        self.headers = {"Authorization": f"Bearer op_{prefix}_{SECRET}"}
        self.client = Client()
        self.sent = 0

    def get(self, path, **query):
        return self.client.get(f"/api/v1{path}", query, headers=self.headers)

    def items(self, path, **query):
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.content
        return answer.json()["items"]

    def post(self, path, body, key=None):
        self.sent += 1
        headers = {**self.headers, "Idempotency-Key": key or f"key-{self.sent}"}
        return self.client.post(f"/api/v1{path}", orjson.dumps(body), "application/json", headers=headers)

    def move(self, *movements, **options):
        return self.post("/stock/movements", {"movements": [named(movement) for movement in movements], **options})


def named(movement):
    return dict(zip(("functional", "sku", "kind", "quantity", "to_functional"), movement, strict=False))


@pytest.fixture(autouse=True)
def places(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    make_skus("A", "B")
    make_place("DC1")
    make_place("DC2")


@pytest.fixture
def caller():
    return Caller()


@pytest.fixture
def store():
    return Caller("store", owner="store", owner_code="DC2")


def stock_up():
    moves = [Movement(f"{place}-GOOD", sku, "receipt", 10) for place in ("DC1", "DC2") for sku in ("A", "B")]
    post_movements(moves, actor="ann")


def test_a_stock_row_shows_all_its_numbers(caller):
    make_place("DC3")
    stock_up()
    place_holds([HoldRequest(GOOD, "A", 3, "x")], actor="ann")

    assert caller.items("/stock", functional=GOOD, sku="A") == [
        {
            "functional": GOOD,
            "sku": "A",
            "on_hand": 10,
            "allocated": 3,
            "free": 7,
            "safety_stock": 0,
            "atp": 7,
            "version": 2,
        }
    ]


def test_stock_is_filtered_and_paged(caller):
    stock_up()
    assert [item["sku"] for item in caller.items("/stock", warehouse="DC1")] == ["A", "B"]
    assert caller.items("/stock", warehouse="nowhere") == []
    past, future = timezone.now() - timedelta(minutes=1), timezone.now() + timedelta(minutes=1)
    assert len(caller.items("/stock", updated_after=past.isoformat())) == 4
    assert caller.items("/stock", updated_after=future.isoformat()) == []

    first = caller.get("/stock", limit=3).json()
    second = caller.get("/stock", limit=3, cursor=first["next"]).json()
    assert len(first["items"]) == 3
    assert len(second["items"]) == 1
    assert second["next"] is None


def test_lists_need_few_queries(caller, django_assert_max_num_queries):
    stock_up()
    for path in ("/stock", "/ledger"):
        caller.get(path)
        with django_assert_max_num_queries(2):
            assert len(caller.items(path)) == 4


@pytest.mark.parametrize("query", [{"updated_after": "yesterday"}, {"sku": "\0"}, {"limit": "0"}])
def test_a_bad_filter_is_named(caller, query):
    answer = caller.get("/stock", **query)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == list(query)


def test_movements_answer_per_row_and_name_the_key_in_the_ledger(caller):
    answer = caller.move((GOOD, "A", "receipt", 5), (GOOD, "A", "status_change", 2, BAD))

    assert answer.status_code == 200
    assert answer.json() == {
        "results": [{"index": 0, "status": "ok", "error": None}, {"index": 1, "status": "ok", "error": None}]
    }
    assert entries("actor") == [("api:abc",)] * 3
    assert levels() == {(GOOD, "A"): (3, 0), (BAD, "A"): (2, 0)}


def test_a_refused_batch_changes_nothing_and_names_the_rows(caller):
    answer = caller.move((GOOD, "A", "receipt", 5), (GOOD, "A", "issue", 6))

    assert answer.status_code == 409
    assert answer.json()["errors"] == [
        {
            "path": "movements[1].quantity",
            "message": "DC1-GOOD has 5 of A, not 6.",
            "wanted": 6,
            "available": 5,
            "holds": [],
        }
    ]
    assert levels() == {}


def test_without_atomic_each_row_is_judged_on_its_own(caller):
    answer = caller.move((GOOD, "A", "receipt", 5), (GOOD, "A", "issue", 6), atomic=False)
    assert [result["status"] for result in answer.json()["results"]] == ["ok", "error"]
    assert levels() == {(GOOD, "A"): (5, 0)}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"movements": []}, "movements"),
        ({"movements": [named((GOOD, "A", "receipt", 1))] * 1001}, "movements"),
        ({"movements": [named((GOOD, "A", "opening", 1))]}, "movements[0].kind"),
        ({"movements": [named((GOOD, "A", "receipt", "1"))]}, "movements[0].quantity"),
        ({"movements": [named((GOOD, "A", "receipt", 1.5))]}, "movements[0].quantity"),
        ({"movements": [named((GOOD, "A", "receipt", 2**31))]}, "movements[0].quantity"),
        ({"movements": [named((GOOD, "A", "receipt", 1)) | {"to_funktional": BAD}]}, "movements[0].to_funktional"),
    ],
)
def test_a_bad_body_is_refused_with_its_place(caller, body, path):
    answer = caller.post("/stock/movements", body)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [path]


def test_a_repeated_request_moves_once(caller):
    body = {"movements": [named((GOOD, "A", "receipt", 5))]}
    first = caller.post("/stock/movements", body, "k")
    again = caller.post("/stock/movements", body, "k")
    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    assert levels() == {(GOOD, "A"): (5, 0)}


def test_writing_needs_a_key_and_its_scope(caller):
    for path in ("/stock/movements", "/stock/counts"):
        answer = caller.client.post(f"/api/v1{path}", b"{}", "application/json", headers=caller.headers)
        assert answer.status_code == 422
    reader = Caller("reader", scopes=["stock"])
    assert reader.move((GOOD, "A", "receipt", 1)).status_code == 403
    assert reader.get("/stock").status_code == 200
    assert Client().get("/api/v1/stock").status_code == 401


def count(caller, functional, *counts, **options):
    rows = [dict(zip(("sku", "on_hand", "expected"), values, strict=False)) for values in counts]
    return caller.post("/stock/counts", {"functional": functional, "counts": rows, **options})


def test_counts_tell_what_changed(caller):
    stock_up()
    answer = count(caller, GOOD, ("A", 7), ("B", 10), reference="CYCLE-1")
    assert answer.status_code == 200
    assert answer.json() == {
        "changed": 1,
        "unchanged": 1,
        "results": [{"index": 0, "status": "ok", "error": None}, {"index": 1, "status": "ok", "error": None}],
    }
    assert entries("kind", "quantity", "balance", "reference")[-1] == ("count", -3, 7, "CYCLE-1")


def test_a_count_that_isnt_as_expected_is_a_conflict(caller):
    stock_up()
    answer = count(caller, GOOD, ("A", 7, 9))
    assert answer.status_code == 409
    assert answer.json()["errors"] == [
        {
            "path": "counts[0].on_hand",
            "message": "DC1-GOOD has 10 of A now: it has moved since it was counted.",
            "on_hand": 10,
        }
    ]
    answer = count(caller, GOOD, ("A", 7, 9), ("B", 1, 10), atomic=False)
    assert [result["status"] for result in answer.json()["results"]] == ["error", "ok"]


def test_a_stores_key_sees_and_changes_its_own_warehouse_alone(store):
    stock_up()
    assert {item["functional"] for item in store.items("/stock")} == {"DC2-GOOD"}
    assert {item["functional"] for item in store.items("/ledger")} == {"DC2-GOOD"}
    assert store.items("/stock", functional=GOOD) == []

    assert count(store, GOOD, ("A", 1)).status_code == 404
    refused = store.move((GOOD, "A", "receipt", 1))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["message"] == "There is no functional warehouse “DC1-GOOD”."
    assert store.move(("DC2-GOOD", "A", "receipt", 1)).status_code == 200
    assert count(store, "DC2-GOOD", ("A", 1)).status_code == 200
    assert levels()[GOOD, "A"] == (10, 0)


def test_a_shops_key_has_no_stock():
    shop = Caller("shop", owner="shop", owner_code="SHOP-1")
    assert shop.get("/stock").status_code == 403
    assert shop.get("/ledger").status_code == 403
    assert shop.move((GOOD, "A", "receipt", 1)).status_code == 403
    assert count(shop, GOOD, ("A", 1)).status_code == 403


def test_the_ledger_lists_entries_oldest_first(caller):
    caller.move((GOOD, "A", "receipt", 5), (GOOD, "A", "status_change", 2, BAD), (GOOD, "B", "receipt", 1))

    listed = caller.items("/ledger", sku="A")
    shown = [
        (item["functional"], item["kind"], item["quantity"], item["balance"], item["counterpart"]) for item in listed
    ]
    assert shown == [
        (GOOD, "receipt", 5, 5, None),
        (GOOD, "status_change", -2, 3, BAD),
        (BAD, "status_change", 2, 2, GOOD),
    ]
    assert set(listed[0]) >= {"id", "sku", "reference", "reason", "actor", "time"}
    assert len(caller.items("/ledger", functional=BAD)) == 1
    assert caller.items("/ledger", since=(timezone.now() + timedelta(minutes=1)).isoformat()) == []


def test_filters_are_documented(client):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    named_ = {parameter["name"] for parameter in paths["/api/v1/stock"]["get"]["parameters"]}
    assert named_ == {"limit", "cursor", "warehouse", "functional", "sku", "updated_after"}
    named_ = {parameter["name"] for parameter in paths["/api/v1/ledger"]["get"]["parameters"]}
    assert named_ == {"limit", "cursor", "functional", "sku", "since"}
