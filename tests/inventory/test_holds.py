"""Manual holds, their expiry, and safety stock."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.errors import Conflict, InvalidInput
from inventory.ledger import tasks
from inventory.ledger.actions import (
    HoldRequest,
    Movement,
    SafetyStock,
    expire_holds,
    place_holds,
    post_movements,
    release_holds,
    set_safety_stock,
)
from inventory.models import Hold
from tests.factories import BundleComponentFactory
from tests.inventory.stock_checks import assert_invariants, levels, make_place, make_skus, marks, row

pytestmark = pytest.mark.django_db
GOOD, BAD = "DC1-GOOD", "DC1-DEFECTIVE"


@pytest.fixture(autouse=True)
def stock():
    make_skus("A", "B")
    make_place()
    post_movements([Movement(GOOD, "A", "receipt", 10), Movement(GOOD, "B", "receipt", 20)], actor="ann")


def hold(*requests):
    return place_holds([HoldRequest(*request) for request in requests], actor="ann")


def test_a_hold_takes_free_units_and_marks_the_sku():
    until = timezone.now() + timedelta(hours=1)
    (pk,) = hold((GOOD, "A", 4, "photo shoot", until, "REQ-7"))

    placed = Hold.objects.get(pk=pk)
    assert (placed.kind, placed.quantity, placed.reason, placed.reference, placed.expires_at, placed.actor) == (
        ("manual", 4, "photo shoot", "REQ-7", until, "ann")
    )
    assert levels()[GOOD, "A"] == (10, 4)
    assert row().version == 2
    assert marks() == {"A": 2, "B": 1}


def test_holds_are_numbered_in_the_order_of_the_requests():
    ids = hold((GOOD, "B", 1, "first"), (GOOD, "A", 1, "second"), (GOOD, "B", 1, "third"))
    assert [Hold.objects.get(pk=pk).reason for pk in ids] == ["first", "second", "third"]


def test_requests_for_one_row_are_summed_and_refused_together():
    hold((GOOD, "A", 3, "VIP"))
    with pytest.raises(Conflict) as refused:
        hold((GOOD, "A", 4, "x"), (GOOD, "B", 1, "x"), (GOOD, "A", 4, "x"))

    assert [error.path for error in refused.value.errors] == ["holds[0].quantity", "holds[2].quantity"]
    assert refused.value.errors[0].message == ("DC1-GOOD has 7 of A free, not 8: of 10, 3 are held (3 for “VIP”).")
    assert levels() == {(GOOD, "A"): (10, 3), (GOOD, "B"): (20, 0)}


def test_a_row_that_doesnt_exist_has_nothing_to_hold():
    with pytest.raises(Conflict, match="DC1-DEFECTIVE has 0 of A, not 1"):
        hold((BAD, "A", 1, "x"))


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        ((GOOD, "X", 1, "x"), "sku"),
        (("X", "A", 1, "x"), "functional"),
        ((GOOD, "A", 0, "x"), "quantity"),
        ((GOOD, "A", 2_147_483_648, "x"), "quantity"),
        ((GOOD, "A", 1, " "), "reason"),
        ((GOOD, "A", 1, "x" * 201), "reason"),
        ((GOOD, "A", 1, "x", None, "\0"), "reference"),
        ((GOOD, "SET", 1, "x"), "sku"),
    ],
)
def test_what_doesnt_fit_is_refused_with_its_place(request_, field):
    BundleComponentFactory(bundle__code="SET", component__code="PART")
    with pytest.raises(InvalidInput) as refused:
        hold((GOOD, "B", 1, "fine"), request_)
    assert [error.path for error in refused.value.errors] == [f"holds[1].{field}"]
    assert levels()[GOOD, "B"] == (20, 0)


def test_a_hold_may_not_be_over_before_it_begins():
    with pytest.raises(InvalidInput, match="already be over"):
        hold((GOOD, "A", 1, "x", timezone.now()))


def test_a_release_gives_back_once_and_says_which():
    first, second = hold((GOOD, "A", 4, "x"), (GOOD, "B", 5, "y"))

    assert release_holds([first, first, 999_999], actor="bob") == [first]
    assert release_holds([first, second], actor="bob") == [second]
    assert release_holds([first, second], actor="bob") == []
    assert levels() == {(GOOD, "A"): (10, 0), (GOOD, "B"): (20, 0)}
    closed = Hold.objects.get(pk=first)
    assert (closed.outcome, closed.closed_by) == ("released", "bob")
    assert closed.closed_at is not None
    assert marks() == {"A": 3, "B": 3}


def test_only_holds_whose_time_is_over_expire():
    now = timezone.now()
    soon, late, _never = hold(
        (GOOD, "A", 1, "x", now + timedelta(minutes=5)),
        (GOOD, "A", 2, "x", now + timedelta(minutes=6)),
        (GOOD, "A", 4, "x"),
    )
    assert expire_holds(now + timedelta(minutes=5)) == 1
    assert levels()[GOOD, "A"] == (10, 6)
    expired = Hold.objects.get(pk=soon)
    assert (expired.outcome, expired.closed_by) == ("expired", "expiry")
    assert Hold.objects.get(pk=late).closed_at is None
    assert release_holds([soon], actor="bob") == []


def test_many_holds_expire_in_batches(monkeypatch):
    monkeypatch.setattr("inventory.ledger.actions.holds.EXPIRY_BATCH", 2)
    hold(*[(GOOD, "A", 1, "x", timezone.now() + timedelta(minutes=5))] * 5)
    assert expire_holds(timezone.now() + timedelta(hours=1)) == 5
    assert levels()[GOOD, "A"] == (10, 0)
    assert_invariants()


def test_the_task_expires_holds(monkeypatch):
    hold((GOOD, "A", 1, "x", timezone.now() + timedelta(minutes=5)))
    Hold.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    tasks.expire_holds()
    assert levels()[GOOD, "A"] == (10, 0)


def test_stock_rows_are_locked_before_holds_are_closed():
    ids = hold((GOOD, "A", 4, "x"), (GOOD, "B", 5, "y"))
    with CaptureQueriesContext(connection) as captured:
        release_holds(ids, actor="bob")
    queries = [query["sql"] for query in captured.captured_queries]
    (lock,) = [at for at, sql in enumerate(queries) if "FOR UPDATE OF s" in sql]
    (close,) = [at for at, sql in enumerate(queries) if "UPDATE inventory_hold" in sql]
    assert lock < close
    assert "closed_at IS NULL" in queries[close]


def test_queries_dont_grow_with_the_batch(django_assert_num_queries):
    for size in (1, 10):
        with django_assert_num_queries(10):
            ids = hold(*[(GOOD, "A", 1, "x")] * size)
        with django_assert_num_queries(10):
            release_holds(ids, actor="bob")


def safety(*rows):
    return set_safety_stock([SafetyStock(*values) for values in rows], actor="ann")


def test_safety_stock_is_set_taken_away_and_marked_only_when_it_changes():
    assert safety((GOOD, "A", 3), (BAD, "A", 0), (BAD, "B", None)) == 2
    assert row().safety_stock == 3
    assert row(BAD).safety_stock == 0
    assert (BAD, "B") not in levels()
    assert marks() == {"A": 2, "B": 1}

    assert safety((GOOD, "A", 3)) == 0
    assert safety((GOOD, "A", None)) == 1
    assert row().safety_stock is None
    assert marks() == {"A": 3, "B": 1}


def test_safety_stock_is_checked():
    with pytest.raises(InvalidInput) as refused:
        safety((GOOD, "A", -1), ("X", "B", 1), (GOOD, "X", 1))
    assert [error.path for error in refused.value.errors] == [
        "levels[0].units",
        "levels[1].functional",
        "levels[2].sku",
    ]
    assert row().safety_stock is None
