"""Edits of places, of which nobody tells the centre: the next look marks exactly what they decide anew."""

from datetime import datetime

import pytest
import time_machine

from strategies.actions import apply_clock, publish_version, retire_strategy, save_draft
from strategies.models import StrategyToken
from tests.strategies.kinds import ZONE
from tests.strategies.policies import LEFT, ODD, SALE, hours, live, when

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    """Monday, 2 November 2026, noon."""
    with time_machine.travel(datetime(2026, 11, 2, 12, tzinfo=ZONE), tick=False) as clock:
        yield clock


def test_an_edited_place_marks_the_skus_that_it_decides_anew_and_once(world):
    live("left", when(LEFT, ODD))
    world.taken()
    world.sides = ("right", "right")
    assert apply_clock() == 2
    assert world.taken() == [11, 13]
    assert apply_clock() == 0
    world.sides = ("right", "left")
    apply_clock()
    assert world.taken() == [11, 13]


def test_an_edit_that_changes_no_winner_marks_nothing(world):
    live("first", when(ODD))
    live("left", when(LEFT, ODD))
    world.taken()
    world.sides = ("right", "right")
    apply_clock()
    assert world.taken() == []


def test_nothing_is_read_or_marked_when_no_rule_asks_about_places(world):
    live("odd", when(ODD))
    world.taken()
    world.loads.clear()
    world.sides = ("right", "right")
    apply_clock()
    assert (world.loads, world.taken()) == ([], [])


def test_a_look_at_places_that_nobody_edited_reads_no_sku(world):
    live("left", when(LEFT, ODD))
    world.loads.clear()
    apply_clock()
    assert {tuple(sku_ids) for _keys, sku_ids in world.loads} == {()}


def test_a_place_that_comes_is_decided_by_nobody_before(world):
    elsewhere = {"fact": "toy_side", "op": "not_in", "value": ["right"]}
    live("odd", when(elsewhere, ODD))
    live("sale", when(elsewhere, SALE))
    world.taken()
    world.bins, world.sides = ("A", "B", "C"), ("left", "right", "left")
    apply_clock()
    assert world.taken() == [11, 12, 13]
    world.bins, world.sides = ("A", "B"), ("left", "right")
    apply_clock()
    assert world.taken() == []


def test_an_edit_just_before_the_rules_change_is_settled_with_them(world):
    first = live("left", when(LEFT, ODD))
    world.taken()
    world.sides = ("right", "right")
    second = save_draft(first.strategy, conditions=when(LEFT, SALE), action={"colour": "red"}, actor="bob")
    publish_version(second, actor="bob")
    assert world.taken() == [11, 13]
    retire_strategy(first.strategy, actor="bob")
    assert world.taken() == []
    assert StrategyToken.objects.get(kind="toy").places == {}


def test_an_edit_while_a_version_is_published_is_settled_with_it(world):
    first = live("left", when(LEFT, ODD))
    second = save_draft(first.strategy, conditions=when(LEFT, SALE), action={"colour": "red"}, actor="bob")
    world.taken()

    def edit():
        if len(world.loads) == 2:
            world.sides = ("right", "right")

    world.loads.clear()
    world.on_load = edit
    publish_version(second, actor="bob")
    world.on_load = None
    apply_clock()
    assert {11, 13} <= set(world.taken())


def test_an_edit_and_a_window_that_closes_count_together(world, clock):
    live("noon", when(LEFT, ODD, hours(12, 12)))
    world.taken()
    world.sides = ("right", "right")
    clock.move_to(datetime(2026, 11, 2, 13, tzinfo=ZONE))
    apply_clock()
    assert world.taken() == [11, 13]


def test_an_edited_window_of_a_place_counts_at_once(world, clock):
    live("fair", when(ODD, {"fact": "toy_show", "op": "any", "value": ["fair"]}))
    world.taken()
    world.shows = {"fair": ("2026-11-01", "2026-11-30")}
    apply_clock()
    assert world.taken() == [11, 13]
