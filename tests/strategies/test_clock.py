"""What the passing of time does: exactly what it decides anew is marked, and what was planned starts."""

from datetime import datetime, timedelta

import pytest
import time_machine

from strategies.actions import apply_clock, apply_due, publish_version, retire_strategy, save_draft
from strategies.models import StrategyEvent, StrategyToken
from strategies.selectors import load_rules
from tests.strategies.kinds import ZONE
from tests.strategies.policies import CHEAP, ODD, SALE, draft, hours, live, when

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock():
    """Monday, 2 November 2026, noon."""
    with time_machine.travel(datetime(2026, 11, 2, 12, tzinfo=ZONE), tick=False) as clock:
        yield clock


def pass_to(clock, *moment):
    """Let time pass to a day and an hour; the SKUs that were marked."""
    clock.move_to(datetime(2026, 11, *moment, tzinfo=ZONE))
    apply_clock()


def test_a_window_that_opens_and_closes_marks_what_it_decides(world, clock):
    live("evening", when(SALE, hours(20, 21)))
    assert world.taken() == []
    for hour, marked in ((19, []), (20, [11, 12]), (21, []), (22, [11, 12]), (23, [])):
        pass_to(clock, 2, hour)
        assert world.taken() == marked, hour


def test_a_window_that_changes_no_winner_marks_nothing(world, clock):
    live("sale", when(SALE))
    live("evening", when(SALE, hours(20, 21)), "blue")
    world.taken()
    pass_to(clock, 2, 20)
    assert world.taken() == []


def test_a_window_that_opened_and_closed_unseen_marks_what_it_decided(world, clock):
    live("evening", when(SALE, hours(20, 20)))
    live("night", when(ODD, hours(21, 21)))
    world.taken()
    pass_to(clock, 3, 9)
    assert world.taken() == [11, 12, 13]


def test_weekdays_and_dates_turn_at_midnight_in_the_zone_of_the_business(world, clock):
    live("tuesday", when(SALE, {"fact": "weekday", "op": "in", "value": ["2"]}))
    live("fourth", when(ODD, {"fact": "date", "op": "eq", "value": "2026-11-04"}))
    world.taken()
    for moment, marked in (
        ((2, 23, 59), []),
        ((3,), [11, 12]),
        ((3, 23, 59), []),
        ((4,), [11, 12, 13]),
        ((5,), [11, 13]),
    ):
        pass_to(clock, *moment)
        assert world.taken() == marked, moment


def test_what_counts_days_is_judged_when_the_day_changes(world, clock):
    world.born = {11: "2026-10-31", 12: "2026-11-01", 13: "2026-11-02"}
    live("old", when({"fact": "toy_age", "op": "ge", "value": "2"}))
    assert world.taken() == [11]
    world.loads.clear()
    pass_to(clock, 2, 23)
    assert world.loads == []
    pass_to(clock, 3, 0, 1)
    assert world.taken() == [12]
    pass_to(clock, 3, 23)
    assert world.taken() == []
    pass_to(clock, 6)
    assert world.taken() == [13]


def test_what_moves_with_places_is_looked_at_without_any_sku(world, clock):
    world.shows = {"fair": ("2026-11-03", "2026-11-04")}
    live("fair", when(ODD, {"fact": "toy_show", "op": "any", "value": ["fair"]}))
    clock.move_to(datetime(2026, 11, 2, 23, 59, tzinfo=ZONE))
    apply_clock()
    world.taken()
    world.loads.clear()
    pass_to(clock, 2, 23, 59, 30)
    assert {tuple(sku_ids) for _keys, sku_ids in world.loads} == {()}
    pass_to(clock, 3)
    assert world.taken() == [11, 13]
    pass_to(clock, 3, 0, 1)
    assert world.taken() == []


def test_places_that_nobody_looked_at_for_long_have_everything_computed(world, clock):
    world.shows = {"fair": ("2026-11-03", "2026-11-04")}
    live("fair", when(ODD, {"fact": "toy_show", "op": "any", "value": ["fair"]}))
    pass_to(clock, 5)
    assert world.taken() == [11, 12, 13, 14]


def test_after_many_turns_everything_is_computed(world, clock):
    live("evening", when(SALE, hours(20, 21)))
    live("cheap", when(CHEAP))
    world.taken()
    clock.move_to(datetime(2027, 11, 2, 12, tzinfo=ZONE))
    assert apply_clock() == 4


def test_strategies_that_ask_nothing_of_time_are_left_in_peace(world, clock):
    live("sale", when(SALE))
    world.loads.clear()
    world.taken()
    pass_to(clock, 20)
    assert (world.loads, world.taken()) == ([], [])


def test_time_that_passed_before_a_change_of_the_rules_is_settled_with_it(world, clock):
    morning = live("noon", when(SALE, hours(12, 12)))
    assert world.taken() == [11, 12]
    clock.move_to(datetime(2026, 11, 2, 13, tzinfo=ZONE))
    retire_strategy(morning.strategy, actor="bob")
    assert world.taken() == [11, 12]


def test_the_clock_never_runs_backwards(world, clock):
    live("evening", when(SALE, hours(20, 21)))
    pass_to(clock, 2, 22)
    judged = StrategyToken.objects.get(kind="toy").judged_at
    world.taken()
    pass_to(clock, 2, 20)
    assert (world.taken(), StrategyToken.objects.get(kind="toy").judged_at) == ([], judged)


def test_a_planned_version_starts_when_its_time_has_come(world, clock):
    first = live("sale", when(SALE))
    second = save_draft(first.strategy, conditions=when(ODD), action={"colour": "red"}, actor="bob")
    at = datetime(2026, 11, 3, 9, tzinfo=ZONE)
    publish_version(second, at=at, actor="bob")
    world.taken()
    clock.move_to(at - timedelta(seconds=1))
    assert apply_due() == 0
    clock.move_to(at)
    assert apply_due() == 1
    second.refresh_from_db()
    assert (second.state, second.published_by, second.published_at) == ("published", "bob", at)
    assert world.taken() == [11, 12, 13]
    assert apply_due() == 0
    assert StrategyEvent.objects.filter(verb="published", version=second, actor="bob").count() == 1


def test_a_plan_that_fits_no_more_is_called_off_and_the_others_start(world, clock):
    wrong, right = draft("wrong", colour="red"), draft("right", when(SALE))
    at = datetime(2026, 11, 3, 9, tzinfo=ZONE)
    for version in (wrong, right):
        publish_version(version, at=at, actor="bob")
    world.colours = ("blue",)
    right_action = {"colour": "blue"}
    right = save_draft(right.strategy, conditions=when(SALE), action=right_action, actor="bob")
    publish_version(right, at=at, actor="bob")
    clock.move_to(at)
    assert apply_due() == 1
    event = StrategyEvent.objects.get(verb="unplanned", version=wrong)
    assert event.details["reason"] == "there is no colour red"
    assert [rule.code for rule in load_rules("toy").rules] == ["right"]


def test_a_planned_contradiction_is_refused_at_once(world, clock):
    never = draft("never", when(CHEAP, {"fact": "toy_price", "op": "gt", "value": "10"}))
    with pytest.raises(Exception, match="rule each other out"):
        publish_version(never, at=datetime(2026, 11, 3, tzinfo=ZONE), actor="bob")


def test_a_time_that_has_come_is_now(world, clock):
    version = publish_version(draft("sale"), at=datetime(2026, 11, 2, 11, tzinfo=ZONE), actor="bob")
    assert version.state == "published"


def test_everything_is_computed_when_skus_come_between_the_two_reads(world, clock):
    world.born = {11: "2026-11-01"}
    live("old", when({"fact": "toy_age", "op": "ge", "value": "2"}))
    world.taken()

    def another():
        world.skus = (11, 12, 13, 14, 15)

    world.on_load = another
    pass_to(clock, 3, 0, 1)
    assert world.taken() == [11, 12, 13, 14]
