"""What a sync strategy keeps from the platforms: paused listings, and numbers that would be lower."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels.shops.actions import mark_listings
from channels.sync.selectors import due_targets, find_due_shops
from strategies.actions import apply_clock, retire_strategy
from tests.channels.small_world import settle
from tests.channels.sync_strategies.publishing import publish, row
from tests.channels.sync_strategies.targets import numbers
from tests.channels.test_publish_targets import published

pytestmark = pytest.mark.django_db


def test_a_paused_listing_keeps_its_number_and_is_sent_nothing(world):
    sku = world.sku(10)
    listing = world.listing(sku)
    settle()
    published(world, listing)
    pause = publish({"pause": "Recall", "ratio": 50}, row("sku", "in", [sku.code]))
    settle()
    target = world.target(listing)
    assert (target.paused, target.pause_reason, target.quantity, target.version) == (True, "Recall", 10, 1)
    world.issue(sku, 3)
    settle()
    assert numbers(world, listing) == [10]
    assert not due_targets(timezone.now()).exists()
    retire_strategy(pause.strategy, actor="t")
    settle()
    target = world.target(listing)
    assert (target.paused, target.pause_reason, target.quantity, target.version) == (False, "", 7, 2)
    assert find_due_shops(timezone.now(), ["demo"]) == [world.shop.pk]


def test_a_number_that_waits_is_not_sent_while_paused_and_is_afterwards(world):
    sku = world.sku(10)
    listing = world.listing(sku)
    settle()
    assert find_due_shops(timezone.now(), ["demo"]) == [world.shop.pk]
    pause = publish({"pause": "Recall"})
    settle()
    assert find_due_shops(timezone.now(), ["demo"]) == []
    retire_strategy(pause.strategy, actor="t")
    settle()
    assert find_due_shops(timezone.now(), ["demo"]) == [world.shop.pk]
    assert numbers(world, listing) == [10]


def test_a_listing_paused_from_the_start_has_no_number(world):
    listing = world.listing(world.sku(10))
    pause = publish({"pause": "Not yet"})
    settle()
    target = world.target(listing)
    assert (target.paused, target.version) == (True, 0)
    assert not due_targets(timezone.now()).exists()
    retire_strategy(pause.strategy, actor="t")
    settle()
    target = world.target(listing)
    assert (target.paused, target.quantity, target.version) == (False, 10, 1)


def test_a_pause_ends_when_the_fact_changes(world):
    sku = world.sku(10)
    listing = world.listing(sku)
    publish({"pause": "Last units"}, row("shop_quantity", "le", "3"))
    settle()
    world.issue(sku, 8)
    settle()
    assert (world.target(listing).paused, numbers(world, listing)) == (True, [10])
    world.receive(sku, 2)
    settle()
    assert (world.target(listing).paused, numbers(world, listing)) == (False, [4])


def test_a_pause_ends_with_its_hour(world, monkeypatch):
    listing = world.listing(world.sku(10))
    now = timezone.localtime()
    publish({"pause": "Sale"}, row("hour", "eq", str(now.hour)))
    settle()
    assert world.target(listing).paused
    later = now + timedelta(hours=1)
    assert apply_clock(later) == 1
    monkeypatch.setattr("channels.sync.selectors.wanted.timezone.now", lambda: later)
    settle()
    assert (world.target(listing).paused, numbers(world, listing)) == (False, [10])


def test_a_policy_that_cannot_be_applied_does_not_keep_a_pause(world):
    sku = world.sku(10)
    listing = world.listing(sku)
    pause = publish({"pause": "Recall"})
    settle()
    type(listing).objects.update(sync={"ratio": 200})
    retire_strategy(pause.strategy, actor="t")
    settle()
    target = world.target(listing)
    assert (target.paused, target.strategy_version, target.version) == (False, None, 0)
    assert "200" in target.message


def test_what_a_strategy_paused_while_a_listing_was_closed_is_not_sent_once_it_opens(world):
    listing = world.listing(world.sku(10))
    settle()
    type(listing).objects.update(paused=True)
    publish({"pause": "Recall"})
    settle()
    type(listing).objects.update(paused=False)
    mark_listings([listing.pk])
    assert not due_targets(timezone.now()).exists()
    assert world.target(listing).pause_reason == "Recall"


def test_a_strategy_can_forbid_lower_numbers(world):
    sku = world.sku(10)
    listing = world.listing(sku)
    settle()
    published(world, listing)
    event = publish({"increase_only": True, "buffer": 1})
    settle()
    target = world.target(listing)
    assert (target.quantity, target.wanted) == (10, 9)
    world.receive(sku, 5)
    settle()
    assert numbers(world, listing) == [14]
    published(world, listing)
    world.issue(sku, 10)
    settle()
    assert numbers(world, listing) == [14]
    retire_strategy(event.strategy, actor="t")
    settle()
    target = world.target(listing)
    assert (target.quantity, target.wanted) == (5, 5)


def test_the_flag_of_the_listing_stays_in_force(world):
    sku = world.sku(10)
    listing = world.listing(sku, increase_only=True)
    settle()
    published(world, listing)
    publish({"buffer": 4, "increase_only": False})
    settle()
    target = world.target(listing)
    assert (target.quantity, target.wanted) == (10, 6)
