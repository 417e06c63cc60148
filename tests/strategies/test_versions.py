"""Strategies and their versions: what is in force, and what a change of it marks."""

from datetime import datetime, timedelta

import pytest

from core.errors import Conflict
from strategies.actions import cancel_plan, publish_version, rename_strategy, reorder, retire_strategy, roll_back
from strategies.models import Strategy, StrategyEvent, StrategyVersion
from strategies.selectors import load_rules
from tests.strategies.kinds import ZONE
from tests.strategies.policies import CHEAP, LEFT, ODD, SALE, draft, live, when
from tests.strategies.versions import in_force, save

pytestmark = pytest.mark.django_db


def test_a_draft_changes_nothing(world):
    version = draft("sale", when(SALE))
    assert (version.number, version.state, version.author) == (1, "draft", "ann")
    assert in_force() == []
    assert world.taken() == []


def test_publishing_marks_exactly_the_skus_that_it_wins(world):
    live("sale", when(SALE))
    assert world.taken() == [11, 12]


def test_only_skus_whose_winner_changes_are_marked(world):
    live("sale", when(SALE))
    world.taken()
    live("all")
    assert world.taken() == [13, 14]


def test_another_version_of_the_winner_marks_what_it_wins(world):
    live("all", when(unless=[SALE]))
    sale = live("sale", when(SALE))
    world.taken()
    publish_version(save(sale, action={"colour": "blue"}), actor="bob")
    assert world.taken() == [11, 12]
    assert in_force() == [("all", 1), ("sale", 2)]


def test_a_sku_with_a_changed_winner_in_one_place_only_is_marked(world):
    live("all")
    left = live("left", when(LEFT, ODD))
    world.taken()
    reorder("toy", [left.strategy_id, Strategy.objects.get(code="all").pk], actor="bob")
    assert world.taken() == [11, 13]


def test_reordering_strategies_that_never_meet_marks_nothing(world):
    one, two = live("cheap", when(CHEAP)), live("rest", when(unless=[CHEAP]))
    world.taken()
    reorder("toy", [two.strategy_id, one.strategy_id], actor="bob")
    assert in_force() == [("rest", 1), ("cheap", 1)]
    assert world.taken() == []


def test_retiring_hands_the_cells_to_the_next(world):
    sale = live("sale", when(SALE))
    live("all")
    world.taken()
    retire_strategy(sale.strategy, actor="bob")
    assert in_force() == [("all", 1)]
    assert world.taken() == [11, 12]
    sale.refresh_from_db()
    assert (sale.state, sale.retired_by) == ("retired", "bob")
    with pytest.raises(Conflict):
        retire_strategy(sale.strategy, actor="bob")


def test_rolling_back_says_again_what_was_said(world):
    first = live("sale", when(SALE))
    publish_version(save(first, conditions=when(CHEAP)), actor="bob")
    world.taken()
    again = roll_back(first.strategy, first, actor="cat")
    assert (again.number, again.state, again.conditions) == (3, "published", first.conditions)
    assert world.taken() == [11, 12]
    assert [v.state for v in first.strategy.versions.order_by("number")] == ["retired", "retired", "published"]


def test_only_what_was_in_force_can_be_rolled_back_to(world):
    first = live("sale", when(SALE))
    second = save(first, conditions=when(CHEAP))
    for target in (first, second):
        with pytest.raises(Conflict):
            roll_back(first.strategy, target, actor="cat")
    other = live("other")
    with pytest.raises(Conflict):
        roll_back(first.strategy, other, actor="cat")


def test_saving_the_same_content_makes_no_new_version(world):
    first = draft("sale", when(SALE))
    assert save(first) == first
    assert save(first, conditions=when(SALE) | {"unless": []}) == first
    assert save(first, note="why").number == 2


def test_a_field_of_the_action_that_is_given_counts_even_when_it_is_null(world):
    first = draft("sale")
    assert save(first, action={}).number == 2
    assert save(first, action={"colour": None}).number == 3


def test_a_retired_version_is_not_published_again(world):
    first = live("sale", when(SALE))
    retire_strategy(first.strategy, actor="bob")
    with pytest.raises(Conflict):
        publish_version(first, actor="bob")


def test_publishing_what_is_in_force_changes_nothing(world):
    first = live("sale", when(SALE))
    events = StrategyEvent.objects.count()
    world.taken()
    assert publish_version(first, actor="bob") == first
    assert world.taken() == []
    assert StrategyEvent.objects.count() == events


def test_a_list_of_strategies_that_is_not_that_of_now_is_refused(world):
    one, two = live("one"), live("two")
    for ids in ([one.strategy_id], [one.strategy_id] * 2, [one.strategy_id, two.strategy_id, 0]):
        with pytest.raises(Conflict):
            reorder("toy", ids, actor="bob")


def test_renaming_keeps_the_versions(world):
    one = live("one")
    rename_strategy(one.strategy, name="Another", actor="bob")
    assert [rule.name for rule in load_rules("toy").rules] == ["Another"]
    assert StrategyEvent.objects.filter(verb="renamed", details={"before": "One", "after": "Another"}).exists()


def test_kinds_have_nothing_to_do_with_each_other(world, second_kind):
    live("one")
    live("one", kind="second")
    assert Strategy.objects.filter(position=1).count() == 2
    assert second_kind.taken() == world.taken() == [11, 12, 13, 14]


def test_a_plan_can_be_called_off(world):
    version = draft("one")
    tomorrow = datetime.now(ZONE) + timedelta(days=1)
    planned = publish_version(version, at=tomorrow, actor="bob")
    assert (planned.state, planned.publish_at, planned.planned_by) == ("draft", tomorrow, "bob")
    cancel_plan(version, actor="bob")
    with pytest.raises(Conflict):
        cancel_plan(version, actor="bob")


def test_retiring_forgets_the_plans(world):
    first = live("one")
    publish_version(save(first, note="x"), at=datetime.now(ZONE) + timedelta(days=1), actor="bob")
    retire_strategy(first.strategy, actor="bob")
    assert not StrategyVersion.objects.filter(publish_at__isnull=False).exists()
