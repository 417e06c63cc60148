"""The first sync strategy that matches a listing's shop and main SKU decides what it publishes."""

import pytest

from channels.models import ListingTarget, SyncDefaults
from channels.shops.actions import mark_listings
from channels.sync.actions import refresh_targets
from strategies.actions import publish_version, reorder, retire_strategy, save_draft
from strategies.models import Strategy
from tests.channels.small_world import settle
from tests.channels.sync_strategies.publishing import publish, row, when
from tests.channels.sync_strategies.targets import decided_by, numbers
from tests.channels.test_publish_targets import published
from tests.factories import BundleComponentFactory, ListingPartFactory, ShareFactory

pytestmark = pytest.mark.django_db


def test_a_strategy_is_the_last_layer_of_the_policy(world):
    SyncDefaults.objects.create(id=1, policy={"buffer": 2, "ratio": 50})
    listing = world.listing(world.sku(100), sync={"multiple": 10})
    settle()
    assert numbers(world, listing) == [40]
    publish({"ratio": 90, "multiple": None})
    settle()
    assert numbers(world, listing) == [88]


def test_null_is_neutral_and_what_is_not_named_stays(world):
    listing = world.listing(world.sku(100), sync={"ratio": 50, "buffer": 3})
    publish({"ratio": None})
    settle()
    assert numbers(world, listing) == [97]


def test_a_strategy_can_mend_a_policy_that_cannot_be_applied(world):
    listing = world.listing(world.sku(100), sync={"ratio": 200})
    publish({"ratio": 10})
    settle()
    assert numbers(world, listing) == [10]


def test_the_first_that_matches_decides_alone(world):
    shirt, scarf = world.sku(100), world.sku(100)
    listings = world.listing(shirt), world.listing(scarf)
    first = publish({"buffer": 1}, row("sku", "in", [shirt.code]))
    second = publish({"ratio": 50})
    settle()
    assert numbers(world, *listings) == [99, 50]
    assert [world.target(listing).strategy_version for listing in listings] == [first, second]
    reorder("sync", [second.strategy_id, first.strategy_id], actor="t")
    settle()
    assert numbers(world, *listings) == [50, 50]


def test_an_empty_action_keeps_later_strategies_away(world):
    shirt, scarf = world.sku(100), world.sku(100)
    listings = world.listing(shirt, sync={"buffer": 5}), world.listing(scarf)
    publish({}, row("sku", "in", [shirt.code]), code="as-it-is")
    publish({"ratio": 50})
    settle()
    assert numbers(world, *listings) == [95, 50]
    assert decided_by(world, listings[0]) == "as-it-is"


def test_only_its_own_shops(world):
    sku = world.sku(100)
    other = ShareFactory(pool=world.pool).shop
    here, there = world.listing(sku), world.listing(sku)
    type(there).objects.filter(pk=there.pk).update(shop=other)
    publish({"ratio": 50}, row("shop", "in", [other.code]))
    settle()
    assert numbers(world, here, there) == [100, 50]


@pytest.mark.parametrize(
    ("units", "main"), [((1, 2), 1), ((3, 2), 0), ((2, 2), 0)], ids=["most units", "first part", "ties by code"]
)
def test_a_listing_is_judged_by_the_part_with_the_most_units(world, units, main):
    skus = world.sku(100, code="B-1"), world.sku(100, code="B-2")
    listing = world.listing()
    # The later part first: the order of the parts says nothing.
    for sku, quantity in list(zip(skus, units, strict=True))[::-1]:
        ListingPartFactory(listing=listing, sku=sku, quantity=quantity)
    codes = [publish({"fixed": at}, row("sku", "in", [sku.code])).strategy.code for at, sku in enumerate(skus)]
    settle()
    assert decided_by(world, listing) == codes[main]
    assert numbers(world, listing) == [main]


def test_a_listing_without_parts_is_decided_by_nobody(world):
    listing = world.listing()
    publish({"fixed": 7})
    mark_listings([listing.pk])
    settle()
    assert (numbers(world, listing), decided_by(world, listing)) == ([0], None)


def test_the_quantities_just_computed_decide(world):
    sku = world.sku(10)
    listing = world.listing(sku)
    publish({"fixed": 0}, row("shop_quantity", "lt", "5"), code="last-units")
    settle()
    assert (numbers(world, listing), decided_by(world, listing)) == ([10], None)
    world.issue(sku, 6)
    settle()
    assert (numbers(world, listing), decided_by(world, listing)) == ([0], "last-units")
    world.receive(sku, 1)
    settle()
    assert (numbers(world, listing), decided_by(world, listing)) == ([5], None)


def test_the_quantity_of_a_bundle_decides_too(world):
    component = world.sku(10)
    bundle = world.sku()
    BundleComponentFactory(bundle=bundle, component=component, quantity=2)
    listing = world.listing(bundle)
    publish({"fixed": 0}, row("shop_quantity", "lt", "5"))
    settle()
    assert numbers(world, listing) == [5]
    world.issue(component, 1)
    settle()
    assert numbers(world, listing) == [0]


def test_a_new_version_takes_over_and_a_retired_strategy_leaves_nothing(world):
    listing = world.listing(world.sku(100))
    old = publish({"ratio": 50})
    settle()
    new = save_draft(old.strategy, conditions=when(), action={"ratio": 70}, actor="t")
    settle()
    assert numbers(world, listing) == [50]
    publish_version(new, actor="t")
    settle()
    assert numbers(world, listing) == [70]
    assert world.target(listing).strategy_version == new
    retire_strategy(Strategy.objects.get(), actor="t")
    settle()
    assert (numbers(world, listing), decided_by(world, listing)) == ([100], None)


def test_the_version_of_the_number_grows_only_with_the_number(world):
    listing = world.listing(world.sku(100))
    settle()
    published(world, listing)
    publish({"buffer": 0})
    settle()
    target = world.target(listing)
    assert (target.version, target.state, target.quantity) == (1, "published", 100)
    assert target.strategy_version is not None


def test_publishing_marks_only_what_it_changes(world):
    from inventory.ledger.models import DirtySku

    shirt, scarf = world.sku(10), world.sku(10)
    world.listing(shirt)
    settle()
    publish({"buffer": 1}, row("sku", "in", [shirt.code]))
    assert list(DirtySku.objects.values_list("sku_id", flat=True)) == [shirt.pk]
    settle()
    publish({"buffer": 2}, row("sku", "in", [shirt.code]))
    assert not DirtySku.objects.exists()
    assert scarf.pk


def test_many_listings_take_as_few_queries_as_one(world, django_assert_max_num_queries):
    listings = [world.listing(world.sku(5)).pk for _ in range(30)]
    publish({"buffer": 1}, row("shop_quantity", "gt", "3"), row("price", "gt", "1"))
    refresh_targets(listings)
    for wanted in (listings[:1], listings):
        ListingTarget.objects.update(wanted=1)
        with django_assert_max_num_queries(24):
            refresh_targets(wanted)
