"""The audit finds targets that aren't decided by the strategies in force, and has them decided anew."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels.models import ListingTarget
from channels.sync.audit import judge_anew
from core.audit.actions import repair_violations
from core.audit.checks import all_checks
from core.audit.selectors import find_repairable
from inventory.models import DirtySku
from strategies.models import StrategyToken
from tests.channels.small_world import settle
from tests.channels.sync_strategies.publishing import publish, row
from tests.core.audits import find, found, no_second_look

__all__ = ["no_second_look"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_second_look")]
NAME = "sync-strategies"


@pytest.fixture
def listings(world):
    """One that a strategy pauses, and one that none decides."""
    shirt, scarf = world.sku(9), world.sku(9)
    made = world.listing(shirt, code="item-1"), world.listing(scarf, code="item-2")
    publish({"pause": "Recall"}, row("sku", "in", [shirt.code]), code="stop")
    settle()
    assert found() == set()
    return made


def test_what_is_decided_is_clean(listings):
    assert find(NAME) == []


@pytest.mark.parametrize(
    ("of", "fields", "sentence"),
    [
        (0, {"strategy_version": None, "paused": False}, "stop v1 decides, but nothing is on record."),
        (0, {"paused": False}, "The pause on record isn't the one that stop v1 says."),
        (1, {"strategy_version": "stop"}, "stop v1 is on record as what decides, but nothing does."),
    ],
)
def test_a_target_that_says_otherwise(world, listings, of, fields, sentence):
    version = world.target(listings[0]).strategy_version
    right = [world.target(each).__dict__ for each in listings]
    fields = {name: version if value == "stop" else value for name, value in fields.items()}
    ListingTarget.objects.filter(listing=listings[of]).update(**fields)
    proposal = "Let the strategies in force decide anew."
    assert find(NAME) == [(f"{world.shop.code} / item-{of + 1}", sentence, proposal)]
    check = all_checks()[NAME]
    assert repair_violations(check, find_repairable(check), actor="ann") == 1
    now = [world.target(each).__dict__ for each in listings]
    assert [(each["strategy_version_id"], each["paused"]) for each in now] == [
        (each["strategy_version_id"], each["paused"]) for each in right
    ]
    assert judge_anew([listings[of].pk]) == 0
    assert find(NAME) == []


def test_another_version_than_the_one_in_force(world, listings):
    other = publish({}, code="other")
    DirtySku.objects.all().delete()
    (violation,) = find(NAME)
    assert violation[1] == "other v1 decides, but nothing is on record."
    ListingTarget.objects.update(strategy_version=other)
    assert "other v1 is on record as what decides, but stop v1 does." in [each[1] for each in find(NAME)]


def test_what_waits_to_be_computed_may_differ(listings):
    publish({"buffer": 1}, code="later")
    assert find(NAME) == []


def test_what_only_time_has_changed_waits_for_somebody_to_look(world, listings):
    now = timezone.localtime()
    publish({"buffer": 1}, row("hour", "eq", str(now.hour)), code="this-hour")
    DirtySku.objects.all().delete()
    assert len(find(NAME)) == 1
    StrategyToken.objects.update(judged_at=now - timedelta(hours=2))
    assert find(NAME) == []
