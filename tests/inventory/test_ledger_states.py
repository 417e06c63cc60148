"""Any order of movements, counts, holds and releases keeps the ledger's invariants."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from core.errors import DomainError
from inventory.ledger.actions import (
    MOVEMENT_KINDS,
    Count,
    HoldRequest,
    Movement,
    count_stock,
    expire_holds,
    place_holds,
    post_movements,
    release_holds,
)
from inventory.ledger.rules import EMPTY, MAX_UNITS, Leg, Level, span_rows, walk_movements
from inventory.models import Hold
from tests.inventory.stock_checks import assert_invariants, levels, make_place, make_skus

PLACES = st.sampled_from(["DC1-GOOD", "DC1-DEFECTIVE"])
SKUS = st.sampled_from(["A", "B"])
UNITS = st.integers(0, 12)
CHANGES = st.integers(-12, 12)
MOVEMENTS = st.builds(
    Movement,
    functional=PLACES,
    sku=SKUS,
    kind=st.sampled_from(MOVEMENT_KINDS),
    quantity=CHANGES,
    to_functional=st.sampled_from(["", "DC1-GOOD", "DC1-DEFECTIVE"]),
)
COUNTS = st.builds(Count, functional=PLACES, sku=SKUS, on_hand=UNITS, expected=st.none() | UNITS)
NOW = timezone.now()
EXPIRIES = st.none() | st.integers(1, 5).map(lambda days: NOW + timedelta(days=days))
HOLDS = st.builds(
    HoldRequest, functional=PLACES, sku=SKUS, quantity=st.integers(1, 6), reason=st.just("x"), expires_at=EXPIRIES
)


class StockMachine(RuleBasedStateMachine):
    """Two SKUs in two functional warehouses; every run starts from nothing and is undone."""

    def __init__(self):
        super().__init__()
        self.undo = transaction.atomic()
        self.undo.__enter__()
        make_place()
        make_skus("A", "B")

    def teardown(self):
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    def attempt(self, verb, *args, **options):
        """A refusal changes nothing."""
        before = levels()
        try:
            return verb(*args, **options)
        except DomainError:
            assert levels() == before

    @rule(movements=st.lists(MOVEMENTS, max_size=5), atomic=st.booleans())
    def move(self, movements, atomic):
        self.attempt(post_movements, movements, actor="m", atomic=atomic)

    @rule(place=PLACES, sku=SKUS, units=st.integers(1, 12))
    def receive(self, place, sku, units):
        before = levels().get((place, sku), (0, 0))[0]
        post_movements([Movement(place, sku, "receipt", units)], actor="m")
        assert levels()[place, sku][0] == before + units

    @rule(counts=st.lists(COUNTS, max_size=4), atomic=st.booleans())
    def count(self, counts, atomic):
        result = self.attempt(count_stock, counts, actor="m", atomic=atomic)
        if result is not None:
            for answer in result.results:
                counted = counts[answer.position]
                at = levels().get((counted.functional, counted.sku), (0, 0))[0]
                assert answer.error or at == counted.on_hand

    @rule(requests=st.lists(HOLDS, max_size=4))
    def hold(self, requests):
        ids = self.attempt(place_holds, requests, actor="m")
        assert ids is None or len(ids) == len(requests)

    @rule(data=st.data())
    def release(self, data):
        known = list(Hold.objects.order_by("id").values_list("pk", flat=True))
        if known:
            release_holds(data.draw(st.lists(st.sampled_from(known))), actor="m")

    @rule(days=st.integers(1, 5))
    def expire(self, days):
        moment = NOW + timedelta(days=days)
        expire_holds(moment)
        assert not Hold.objects.filter(closed_at=None, expires_at__lte=moment).exists()

    @invariant()
    def hold_true(self):
        assert_invariants()


@pytest.mark.django_db
def test_no_order_of_events_breaks_an_invariant():
    run_state_machine_as_test(
        StockMachine,
        settings=settings(
            max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_a_refused_movement_leaves_no_leg_behind():
    """The second leg doesn't fit, so the first isn't applied either."""
    full, row = (1, 2), (1, 1)
    levels_ = {row: Level(5, 0), full: Level(2_147_483_647, 0)}
    moves = [(0, (Leg(row, -5), Leg(full, 5))), (1, (Leg(row, -5),))]
    entries, refusals = walk_movements(moves, levels_)
    assert [(entry.position, entry.balance) for entry in entries] == [(1, 0)]
    assert [refusal.leg.row for refusal in refusals] == [full]


ROWS = st.tuples(st.integers(1, 2), st.integers(1, 2))
LEVELS = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda pair: Level(max(pair), min(pair)))
QUANTITIES = st.integers(-9, 9) | st.sampled_from([MAX_UNITS - 9, MAX_UNITS, -MAX_UNITS])
LEGS = st.lists(st.builds(Leg, ROWS, QUANTITIES), min_size=1, max_size=2, unique_by=lambda leg: leg.row).map(tuple)


@given(st.lists(LEGS, max_size=8), st.dictionaries(ROWS, LEVELS))
def test_a_batch_is_refused_nothing_if_and_only_if_every_row_bears_its_span(legs, levels_):
    """What SQL asks of a row in one go is what the walk asks step by step."""
    moves = list(enumerate(legs))
    spans = span_rows(moves)
    fits = all(
        levels_.get(row, EMPTY).on_hand + span.low >= levels_.get(row, EMPTY).allocated
        and levels_.get(row, EMPTY).on_hand + span.high <= MAX_UNITS
        for row, span in spans.items()
    )
    entries, refusals = walk_movements(moves, levels_)
    assert fits == (not refusals)
    if fits:
        ends = {entry.leg.row: entry.balance for entry in entries}
        assert ends == {row: levels_.get(row, EMPTY).on_hand + span.net for row, span in spans.items()}
