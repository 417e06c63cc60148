"""What waits for a stock row is judged by the row it then gets, not by the one it saw first."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from core.errors import Conflict
from inventory.ledger.actions import (
    Count,
    HoldRequest,
    Movement,
    count_staged,
    count_stock,
    place_holds,
    post_movements,
    release_holds,
)
from inventory.ledger.rules import MAX_UNITS
from tests.channels.worker_process import wait_until
from tests.inventory.staging import stage
from tests.inventory.stock_checks import assert_invariants, levels, make_place, make_skus

pytestmark = pytest.mark.django_db(transaction=True)
GOOD, BAD = "DC1-GOOD", "DC1-DEFECTIVE"


@pytest.fixture(autouse=True)
def stock(monkeypatch):
    monkeypatch.setattr("inventory.ledger.actions.marks.nudge", lambda task: None)
    make_place()
    make_skus("S0")


def waiters():
    with connection.cursor() as cursor:
        # A transaction would else be told again and again what it was told first.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return cursor.fetchone()[0]


def while_open(change, *works):
    """Let works meet the rows of a change that has yet to commit; what each answers, or the conflict."""

    def run(work):
        try:
            return work()
        except Conflict as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        with transaction.atomic():
            change()
            done = [pool.submit(run, work) for work in works]
            wait_until(lambda: waiters() == len(works), seconds=10)
        return [one.result(timeout=10) for one in done]


def move(kind, quantity, *target):
    return post_movements([Movement(GOOD, "S0", kind, quantity, *target)], actor="t")


def count(on_hand, *, staged=False):
    if not staged:
        return count_stock([Count(GOOD, "S0", on_hand)], actor="t").changed
    with transaction.atomic():
        stage(("S0", on_hand, None))
        return count_staged("staged", actor="t").changed


@pytest.mark.parametrize("kind", [("issue", 9), ("adjustment", -9), ("status_change", 9, BAD)])
def test_units_that_come_while_a_movement_waits_can_be_taken(kind):
    post_movements([Movement(GOOD, "S0", "receipt", 2), Movement(BAD, "S0", "receipt", 1)], actor="t")
    while_open(lambda: move("receipt", 8), lambda: move(*kind))
    assert levels()[GOOD, "S0"] == (1, 0)
    assert_invariants()


def test_units_that_are_given_back_while_an_issue_waits_can_be_issued():
    move("receipt", 10)
    ids = place_holds([HoldRequest(GOOD, "S0", 8, "t")], actor="t")
    while_open(lambda: release_holds(ids, actor="t"), lambda: move("issue", 10))
    assert levels() == {(GOOD, "S0"): (0, 0)}
    assert_invariants()


def test_a_full_row_that_is_emptied_while_a_receipt_waits_takes_it():
    move("opening", MAX_UNITS)
    while_open(lambda: move("issue", 5), lambda: move("receipt", 5))
    assert levels() == {(GOOD, "S0"): (MAX_UNITS, 0)}
    assert_invariants()


@pytest.mark.parametrize("staged", [False, True])
def test_a_count_that_waits_for_a_hold_to_end_is_taken_over(staged):
    move("receipt", 10)
    ids = place_holds([HoldRequest(GOOD, "S0", 8, "t")], actor="t")
    result = while_open(lambda: release_holds(ids, actor="t"), lambda: count(5, staged=staged))
    assert result == [1]
    assert levels() == {(GOOD, "S0"): (5, 0)}
    assert_invariants()


@pytest.mark.parametrize("work", [lambda: move("issue", 8), lambda: count(3), lambda: count(3, staged=True)])
def test_whoever_waits_for_units_that_are_taken_meanwhile_is_refused_and_told_why(work):
    move("receipt", 10)
    (refusal,) = while_open(lambda: place_holds([HoldRequest(GOOD, "S0", 4, "Fair")], actor="t"), work)
    assert "Fair" in refusal.errors[0].message
    assert levels() == {(GOOD, "S0"): (10, 4)}
    assert_invariants()


def test_holds_that_wait_for_a_row_are_judged_by_what_they_find():
    move("receipt", 2)
    book = [lambda: place_holds([HoldRequest(GOOD, "S0", 6, "t")], actor="t")] * 2
    results = while_open(lambda: move("receipt", 8), *book)
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
    assert levels() == {(GOOD, "S0"): (10, 6)}
    assert_invariants()
