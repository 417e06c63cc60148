"""The publisher against the real demo marketplace."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels.models import Shop
from channels.sync.publisher import publish_shop
from tests.channels.small_world import settle

pytestmark = pytest.mark.django_db


def test_a_change_reaches_the_marketplace_and_only_once(world, marketplace, connect_shop):
    config = connect_shop(world, marketplace, "shirt", "scarf")
    shirt, scarf = world.sku(7), world.sku(5)
    listing = world.listing(shirt, code="shirt")
    world.listing(scarf, code="scarf")
    settle()
    assert publish_shop(world.shop.pk) == 2
    assert marketplace.stock(config) == {"shirt": 7, "scarf": 5}
    target = world.target(listing)
    assert (target.published_quantity, target.published_version, target.state) == (7, 1, "published")
    assert target.sent_quantity is None
    assert publish_shop(world.shop.pk) == 0
    world.issue(shirt, 3)
    settle()
    publish_shop(world.shop.pk)
    assert marketplace.stock(config) == {"shirt": 4, "scarf": 5}
    assert len(marketplace.history(config)) == 3


def test_the_shop_is_free_afterwards(world, marketplace, connect_shop):
    connect_shop(world, marketplace, "shirt")
    world.listing(world.sku(7), code="shirt")
    settle()
    publish_shop(world.shop.pk)
    world.shop.refresh_from_db()
    assert (world.shop.lease, world.shop.leased_until) == (None, None)


def test_nothing_is_sent_while_another_sender_has_the_shop(world, marketplace, connect_shop):
    config = connect_shop(world, marketplace, "shirt")
    world.listing(world.sku(7), code="shirt")
    settle()
    Shop.objects.update(leased_until=timezone.now() + timedelta(seconds=5))
    assert publish_shop(world.shop.pk) == 0
    Shop.objects.update(leased_until=timezone.now() - timedelta(seconds=5))
    assert publish_shop(world.shop.pk) == 1
    assert marketplace.stock(config) == {"shirt": 7}


def test_more_than_a_batch(world, marketplace, connect_shop):
    codes = [f"item{at:03d}" for at in range(120)]
    config = connect_shop(world, marketplace, *codes)
    sku = world.sku(7)
    for code in codes:
        world.listing(sku, code=code)
    settle()
    assert publish_shop(world.shop.pk) == 120
    assert set(marketplace.stock(config).values()) == {7}


def test_a_paused_listing_is_not_sent(world, marketplace, connect_shop):
    config = connect_shop(world, marketplace, "shirt")
    listing = world.listing(world.sku(7), code="shirt")
    settle()
    type(listing).objects.update(paused=True)
    assert publish_shop(world.shop.pk) == 0
    assert marketplace.history(config) == []
