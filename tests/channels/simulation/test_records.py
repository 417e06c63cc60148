"""What was written down of a cell: sync writes of listings, and nothing stays open for what is gone."""

import pytest
from django.utils import timezone

from channels.models import Decision
from channels.simulation.selectors.deciding import find_decisions
from inventory.models import DirtySku
from strategies.actions import retire_strategy
from tests.channels.small_world import settle, small_world
from tests.channels.sync_strategies.publishing import publish, row
from tests.factories import ListingPartFactory, SkuFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return small_world()


def recorded(world, sku, at=None):
    record = next(each for each in find_decisions(sku, world.shop, at) if each.kind == "sync").recorded
    return record and record.version_id


def test_a_sync_record_is_found_by_the_listings_that_the_sku_stands_for(world):
    coat, button = world.sku(100), world.sku(100)
    listing = world.listing(coat)
    ListingPartFactory(listing=listing, sku=button, quantity=2)
    rule = publish({"ratio": 50}, row("sku", "in", [button.code]))
    settle()
    assert recorded(world, button) == rule.pk
    assert recorded(world, coat) is None
    then = timezone.now()
    retire_strategy(rule.strategy, actor="t")
    settle()
    assert recorded(world, button) is None
    assert recorded(world, button, then) == rule.pk


def test_the_record_of_a_listing_ends_with_it(world):
    kept, gone = world.listing(world.sku(10)), world.listing(world.sku(10))
    publish({"ratio": 50})
    settle()
    gone_id = gone.pk
    gone.delete()
    assert Decision.objects.get(until=None).place_id == kept.pk
    assert Decision.objects.get(place_id=gone_id).until


def test_the_record_of_a_sku_and_of_a_pool_ends_with_them(world):
    rule = publish({"ratio": 50})
    sku, stays = SkuFactory(), SkuFactory()
    DirtySku.objects.all().delete()
    pool = world.pool.pk
    for sku_id in (sku.pk, stays.pk):
        Decision.objects.create(kind="allocation", place_id=pool, sku_id=sku_id, version=rule, since=timezone.now())
    sku.delete()
    assert Decision.objects.get(until=None).sku_id == stays.pk
    world.pool.shares.all().delete()
    world.pool.delete()
    assert not Decision.objects.filter(until=None).exists()
