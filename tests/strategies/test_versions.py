"""Strategies and their versions: what is kept, what is in force, and what a change of it marks."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from core.errors import Conflict, InvalidInput
from strategies.actions import (
    cancel_plan,
    create_strategy,
    publish_version,
    rename_strategy,
    reorder,
    retire_strategy,
    roll_back,
    save_draft,
)
from strategies.models import Strategy, StrategyEvent, StrategyToken, StrategyVersion
from strategies.selectors import load_rules
from tests.strategies.kinds import ZONE
from tests.strategies.policies import CHEAP, LEFT, ODD, SALE, draft, live, when

pytestmark = pytest.mark.django_db


def in_force():
    return [(rule.code, rule.number) for rule in load_rules("toy").rules]


def save(version, **changes):
    content = {"conditions": version.conditions, "action": version.action, "note": version.note} | changes
    return save_draft(version.strategy, **content, actor="bob")


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


def test_every_fault_is_named_by_its_place(world):
    rows = [{"fact": "colour", "op": "in", "value": ["x"]}, {"fact": "toy_price", "op": "any", "value": ["x"]}]
    with pytest.raises(InvalidInput) as refused:
        create_strategy(
            kind="toy", code="x", name="X", conditions=when(*rows), action={"colour": "pink"}, note="", actor="ann"
        )
    assert [fault.path for fault in refused.value.errors] == [
        "conditions.any[0].all[0].fact",
        "conditions.any[0].all[1].op",
        "action.colour",
    ]
    with pytest.raises(InvalidInput) as refused:
        draft("x", {"any": [{"all": [{"fact": "toy_price", "op": "like", "value": "1"}]}]})
    assert [fault.path for fault in refused.value.errors] == ["conditions.any[0].all[0].op"]
    assert not Strategy.objects.exists()


@pytest.mark.parametrize(("field", "value"), [("code", ""), ("code", " x"), ("code", "x" * 65), ("name", "")])
def test_labels_are_checked(world, field, value):
    given = {"code": "x", "name": "X"} | {field: value}
    with pytest.raises(InvalidInput) as refused:
        create_strategy(kind="toy", **given, conditions={}, action={}, actor="ann")
    assert [fault.path for fault in refused.value.errors] == [field]


def test_a_code_is_taken_once_in_a_kind(world):
    draft("sale")
    with pytest.raises(InvalidInput, match="already"):
        draft("sale")


def test_an_unknown_kind_is_refused(world):
    with pytest.raises(InvalidInput, match="no kind"):
        draft("sale", kind="nothing")


def test_conditions_that_rule_each_other_out_are_not_published(world):
    never = draft("never", when(CHEAP, {"fact": "toy_price", "op": "gt", "value": "10"}))
    with pytest.raises(InvalidInput) as refused:
        publish_version(never, actor="bob")
    assert [fault.path for fault in refused.value.errors] == [
        "conditions.any[0].all[0]",
        "conditions.any[0].all[1]",
    ]
    never.refresh_from_db()
    assert never.state == "draft"


def test_one_group_that_can_hold_is_enough_to_publish(world):
    group = {"all": [CHEAP, {"fact": "toy_price", "op": "gt", "value": "10"}]}
    publish_version(draft("some", {"any": [group, {"all": [SALE]}]}), actor="bob")
    assert world.taken() == [11, 12]


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


def test_what_a_version_says_never_changes(world):
    version = live("sale", when(SALE))
    changes = [
        {"conditions": {}},
        {"action": {}},
        {"note": "x"},
        {"author": "x"},
        {"number": 7},
        {"state": "draft", "published_at": None},
        {"published_by": "x"},
    ]
    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            StrategyVersion.objects.filter(pk=version.pk).update(**change)
    retire_strategy(version.strategy, actor="bob")
    for change in ({"retired_by": "x"}, {"state": "published", "retired_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            StrategyVersion.objects.filter(pk=version.pk).update(**change)


def test_a_draft_cannot_be_changed_either(world):
    version = draft("sale", when(SALE))
    with pytest.raises(IntegrityError), transaction.atomic():
        StrategyVersion.objects.filter(pk=version.pk).update(conditions={})


def test_what_was_in_force_and_the_log_cannot_be_deleted(world):
    version = live("sale", when(SALE))
    for rows in (StrategyEvent.objects.all(), StrategyVersion.objects.filter(pk=version.pk)):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows._raw_delete(rows.db)
    with pytest.raises(IntegrityError), transaction.atomic():
        StrategyEvent.objects.update(actor="x")


def test_two_versions_are_never_in_force_together(world):
    first = live("sale", when(SALE))
    second = save(first, note="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        StrategyVersion.objects.filter(pk=second.pk).update(state="published", published_at=first.published_at)


def test_the_log_tells_what_was_in_force_at_any_moment(world):
    with time_machine.travel(datetime(2026, 11, 1, 12, tzinfo=ZONE), tick=False) as clock:
        moments, told = [], []

        def look():
            clock.shift(timedelta(minutes=1))
            moments.append(datetime.now(ZONE))
            told.append(in_force())
            clock.shift(timedelta(minutes=1))

        look()
        one, two = live("one", when(SALE)), live("two")
        look()
        reorder("toy", [two.strategy_id, one.strategy_id], actor="bob")
        look()
        newer = publish_version(save(one, note="x"), actor="bob")
        look()
        retire_strategy(two.strategy, actor="bob")
        look()
        roll_back(newer.strategy, one, actor="bob")
        look()
    past = [[(rule.code, rule.number) for rule in load_rules("toy", at).rules] for at in moments]
    assert past == told
    assert told == [
        [],
        [("one", 1), ("two", 1)],
        [("two", 1), ("one", 1)],
        [("two", 1), ("one", 2)],
        [("one", 2)],
        [("one", 3)],
    ]


def test_the_log_names_who_did_what(world):
    one = live("one", when(SALE))
    events = list(StrategyEvent.objects.order_by("id").values_list("verb", "actor", "version_id"))
    assert events == [("created", "ann", one.pk), ("published", "ann", one.pk)]
    assert StrategyEvent.objects.get(verb="published").details == {
        "in_force": [one.pk],
        "order": [one.strategy_id],
        "marked": 2,
    }


def token():
    return StrategyToken.objects.get(kind="toy").token


def test_the_token_is_new_when_the_rules_are(world):
    one, two = live("one"), live("two")
    steps = [
        lambda: reorder("toy", [two.strategy_id, one.strategy_id], actor="bob"),
        lambda: rename_strategy(one.strategy, name="New", actor="bob"),
        lambda: publish_version(save(one, note="x"), actor="bob"),
        lambda: publish_version(save(one, note="y"), at=datetime.now(ZONE) + timedelta(days=1), actor="bob"),
        lambda: retire_strategy(two.strategy, actor="bob"),
    ]
    for step in steps:
        before = token()
        step()
        assert token() != before
    before = token()
    save(one, note="z")
    assert token() == before


def test_rules_are_read_once_while_they_hold(world, django_assert_num_queries):
    live("one", when(SALE))
    load_rules("toy")
    with django_assert_num_queries(1):
        rules = load_rules("toy")
    assert load_rules("toy") is rules
    live("two")
    assert len(load_rules("toy").rules) == 2


def test_rules_that_were_taken_back_are_forgotten(world):
    live("one")
    with transaction.atomic():
        live("two")
        assert len(load_rules("toy").rules) == 2
        transaction.set_rollback(True)
    assert in_force() == [("one", 1)]


def test_the_rules_carry_what_a_grid_must_have(world):
    live("one", when(SALE, {"fact": "hour", "op": "ge", "value": "0"}), "green")
    live("two", when(LEFT))
    rules = load_rules("toy")
    assert rules.facts == {"toy_tag", "toy_side"}
    assert [action.colour for action in rules.actions] == ["green", "red"]


def test_a_plan_can_be_called_off(world):
    version = draft("one")
    tomorrow = datetime.now(ZONE) + timedelta(days=1)
    planned = publish_version(version, at=tomorrow, actor="bob")
    assert (planned.state, planned.publish_at, planned.planned_by) == ("draft", tomorrow, "bob")
    assert load_rules("toy").until == tomorrow
    cancel_plan(version, actor="bob")
    assert load_rules("toy").until is None
    with pytest.raises(Conflict):
        cancel_plan(version, actor="bob")


def test_retiring_forgets_the_plans(world):
    first = live("one")
    publish_version(save(first, note="x"), at=datetime.now(ZONE) + timedelta(days=1), actor="bob")
    retire_strategy(first.strategy, actor="bob")
    assert not StrategyVersion.objects.filter(publish_at__isnull=False).exists()
