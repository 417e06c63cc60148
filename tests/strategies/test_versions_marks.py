"""After any sequence of edits and whatever the facts: marked is exactly what another version decides than before."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import Conflict, InvalidInput
from strategies.actions import (
    apply_clock,
    create_strategy,
    publish_version,
    reorder,
    retire_strategy,
    roll_back,
    save_draft,
)
from strategies.models import Strategy
from strategies.rules import CLOCK_FACTS
from strategies.rules.shapes import NOTHING
from strategies.selectors import load_rules
from tests.strategies.kinds import FACTS, ZONE, World, make_kind, registered
from tests.strategies.plain import matches_cell
from tests.strategies.policies import LEFT, ODD, SALE

pytestmark = pytest.mark.django_db

SPECS = {fact.key: fact for fact in FACTS} | dict(CLOCK_FACTS)
ROWS = st.sampled_from(
    [
        SALE,
        ODD,
        LEFT,
        {"fact": "toy_price", "op": "lt", "value": "10"},
        {"fact": "toy_units", "op": "ge", "value": "3"},
        {"fact": "toy_age", "op": "ge", "value": "2"},
        {"fact": "toy_bin", "op": "in", "value": ["B"]},
        {"fact": "hour", "op": "between", "value": ["12", "14"]},
        {"fact": "weekday", "op": "in", "value": ["2", "4"]},
        {"fact": "date", "op": "le", "value": "2026-11-04"},
    ]
)
GROUPS = st.lists(st.fixed_dictionaries({"all": st.lists(ROWS, min_size=1, max_size=2)}), max_size=2)
CONDITIONS = st.fixed_dictionaries({"any": GROUPS, "unless": GROUPS})
WORLDS = st.builds(
    World,
    prices=st.dictionaries(st.integers(11, 14), st.integers(500, 1500)),
    tags=st.dictionaries(st.integers(11, 14), st.just(("sale",))),
    born=st.dictionaries(st.integers(11, 14), st.sampled_from(["2026-10-31", "2026-11-01", "2026-11-03"])),
    units=st.dictionaries(st.tuples(st.sampled_from("AB"), st.integers(11, 14)), st.integers(0, 5)),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.integers(0, 3), CONDITIONS),
        st.tuples(st.just("retire"), st.integers(0, 3), st.none()),
        st.tuples(st.just("roll back"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("reorder"), st.integers(0, 3), st.permutations(range(4))),
        st.tuples(st.just("wait"), st.integers(0, 3), st.integers(1, 40)),
    ),
    min_size=2,
    max_size=12,
)


def winners(world):
    """The version that decides each cell, judged one by one."""
    now = datetime.now(ZONE)
    rules = load_rules("toy").rules
    found = {}
    for place, side in zip(world.bins, world.sides, strict=True):
        for sku in world.skus:
            values = values_of(world, place, side, sku, now)
            won = (rule.version_id for rule in rules if matches_cell(rule.conditions, values, SPECS))
            found[place, sku] = next(won, NOTHING)
    return found


def values_of(world, place, side, sku, now):
    born = world.born.get(sku)
    price = world.prices.get(sku)
    return {
        "toy_bin": place,
        "toy_side": side,
        "toy_lot": "odd" if sku % 2 else "even",
        "toy_tag": list(world.tags.get(sku, ())),
        "toy_price": None if price is None else Decimal(price) / 100,
        "toy_age": None if born is None else Decimal((now.date() - datetime.fromisoformat(born).date()).days),
        "toy_units": Decimal(world.units.get((place, sku), 0)),
        "hour": Decimal(now.hour),
        "weekday": str(now.isoweekday()),
        "date": now.date(),
    }


def do(step, clock):
    verb, at, value = step
    strategies = list(Strategy.objects.order_by("pk"))
    chosen = strategies[at]
    if verb == "publish":
        draft = save_draft(chosen, conditions=value, action={}, actor="ann")
        if draft.state == "draft":
            publish_version(draft, actor="ann")
    elif verb == "retire":
        retire_strategy(chosen, actor="ann")
    elif verb == "roll back":
        versions = list(chosen.versions.order_by("number"))
        roll_back(chosen, versions[value % len(versions)], actor="ann")
    elif verb == "reorder":
        reorder("toy", [strategies[place].pk for place in value], actor="ann")
    else:
        clock.shift(timedelta(hours=value))
        apply_clock()


def moments_between(then, now):
    """The full hours after one moment and up to another."""
    moment = then.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while moment < now:
        yield moment
        moment += timedelta(hours=1)
    yield now


def expected_skus(world, before, then, clock):
    """The SKUs with a cell that another version decides at any moment up to now than at the one before."""
    now = datetime.now(ZONE)
    changed = set()
    for moment in moments_between(then, now) if now > then else [now]:
        clock.move_to(moment)
        after = winners(world)
        changed |= {sku for (place, sku), version in after.items() if version != before[place, sku]}
        before = after
    return sorted(changed)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=WORLDS, steps=STEPS)
def test_exactly_the_skus_with_another_winner_are_marked(db, world, steps):
    start = datetime(2026, 11, 2, 11, 30, tzinfo=ZONE)
    with transaction.atomic(), time_machine.travel(start, tick=False) as clock, registered(make_kind(world)):
        for code in "abcd":
            create_strategy(kind="toy", code=code, name=code, conditions={}, action={}, actor="ann")
        for step in steps:
            before, then = winners(world), datetime.now(ZONE)
            world.taken()
            try:
                with transaction.atomic():
                    do(step, clock)
            except (Conflict, InvalidInput):
                assert winners(world) == before
                continue
            assert world.taken() == expected_skus(world, before, then, clock), step
        transaction.set_rollback(True)
