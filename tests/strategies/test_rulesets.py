"""The rules in force as they are read: anew when they changed, else once."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from strategies.actions import publish_version, rename_strategy, reorder, retire_strategy
from strategies.models import StrategyToken
from strategies.selectors import load_rules
from tests.strategies.kinds import ZONE
from tests.strategies.policies import LEFT, SALE, live, when
from tests.strategies.versions import in_force, save

pytestmark = pytest.mark.django_db


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
