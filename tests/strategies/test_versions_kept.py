"""What was said is kept as it was, and the log tells who said it and when."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from strategies.actions import publish_version, reorder, retire_strategy, roll_back
from strategies.models import StrategyEvent, StrategyVersion
from strategies.selectors import load_rules
from tests.strategies.kinds import ZONE
from tests.strategies.policies import SALE, draft, live, when
from tests.strategies.versions import in_force, save

pytestmark = pytest.mark.django_db


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
