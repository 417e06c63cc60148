"""The publisher when the demo marketplace refuses, is busy, or can't be reached."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from channels.models import ListingTarget, Shop
from channels.platforms.demo.setup import DemoItem, publish_items
from channels.shops.actions import renew_access
from channels.sync.publisher import publish_shop
from tests.channels.platform_calls import lift_waits
from tests.channels.small_world import settle

pytestmark = pytest.mark.django_db


def test_unknown_and_locked_items_are_refused_with_a_reason_and_tried_later(world, marketplace, connect_shop):
    config = connect_shop(world, marketplace, DemoItem("shirt", "Shirt", flag="locked"), "scarf")
    sku = world.sku(7)
    shirt, scarf, ghost = (world.listing(sku, code=code) for code in ("shirt", "scarf", "ghost"))
    settle()
    assert publish_shop(world.shop.pk) == 1
    states = [(world.target(listing).state, bool(world.target(listing).message)) for listing in (shirt, scarf, ghost)]
    assert states == [("refused", True), ("published", False), ("refused", True)]
    publish_items(config, [DemoItem("shirt", "Shirt"), DemoItem("ghost", "Ghost")])
    assert publish_shop(world.shop.pk) == 0
    lift_waits()
    assert publish_shop(world.shop.pk) == 2
    assert set(marketplace.stock(config).values()) == {7}


def test_a_new_number_is_sent_although_the_last_was_refused(world, marketplace, connect_shop):
    config = connect_shop(world, marketplace, DemoItem("shirt", "Shirt", flag="locked"))
    sku = world.sku(7)
    world.listing(sku, code="shirt")
    settle()
    publish_shop(world.shop.pk)
    publish_items(config, [DemoItem("shirt", "Shirt")])
    world.issue(sku, 1)
    settle()
    assert publish_shop(world.shop.pk) == 1
    assert marketplace.stock(config) == {"shirt": 6}


def test_a_busy_item_waits_and_arrives(world, marketplace, connect_shop):
    config = connect_shop(world, marketplace, DemoItem("shirt", "Shirt", flag="busy"))
    listing = world.listing(world.sku(7), code="shirt")
    settle()
    publish_shop(world.shop.pk)
    target = world.target(listing)
    assert (target.state, target.attempts) == ("retry", 1)
    assert target.retry_at > timezone.now()
    publish_items(config, [DemoItem("shirt", "Shirt")])
    lift_waits()
    publish_shop(world.shop.pk)
    assert marketplace.stock(config) == {"shirt": 7}


def test_too_many_calls_wait_as_long_as_asked(world, start_marketplace, connect_shop):
    server = start_marketplace("--rate", "1", "--burst", "2")
    config = connect_shop(world, server, "shirt")  # the first call
    server.call(config, "GET", "/api/items")  # the second
    listing = world.listing(world.sku(7), code="shirt")
    settle()
    assert publish_shop(world.shop.pk) == 0
    world.shop.refresh_from_db()
    assert timezone.now() < world.shop.push_after < timezone.now() + timedelta(seconds=2)
    target = world.target(listing)
    assert (target.sent_quantity, target.published_version) == (None, 0)
    assert publish_shop(world.shop.pk) == 0
    lift_waits()
    # The marketplace's own clock can't be lifted.
    while publish_shop(world.shop.pk) == 0:
        lift_waits()
        time.sleep(0.1)
    assert world.target(listing).state == "published"


def test_a_marketplace_killed_in_between_ends_equal(world, marketplace, connect_shop):
    config = connect_shop(world, marketplace, "shirt")
    sku = world.sku(7)
    listing = world.listing(sku, code="shirt")
    settle()
    publish_shop(world.shop.pk)
    marketplace.kill()
    world.issue(sku, 3)
    settle()
    assert publish_shop(world.shop.pk) == 0
    world.shop.refresh_from_db()
    assert world.shop.push_problem
    # It may or may not have arrived, so going back to 7 must be sent all the same.
    assert world.target(listing).sent_quantity == 4
    world.receive(sku, 3)
    settle()
    marketplace.start()
    lift_waits()
    assert publish_shop(world.shop.pk) == 1
    assert marketplace.stock(config) == {"shirt": 7}
    world.shop.refresh_from_db()
    assert world.shop.push_problem == ""


def test_an_answer_that_got_lost_is_cleared_up(world, start_marketplace, connect_shop):
    server = start_marketplace("--rate", "5000", "--burst", "5000", "--lose-rate", "1")
    config = connect_shop(world, server, "shirt")
    listing = world.listing(world.sku(7), code="shirt")
    settle()
    publish_shop(world.shop.pk)
    target = world.target(listing)
    assert (target.state, target.sent_quantity, target.published_quantity) == ("retry", 7, None)
    server.kill()
    server.options = ("--rate", "5000", "--burst", "5000")
    server.start()
    lift_waits()
    publish_shop(world.shop.pk)
    target = world.target(listing)
    assert (target.state, target.sent_quantity, target.published_quantity) == ("published", None, 7)
    assert server.stock(config) == {"shirt": 7}


def test_refused_credentials_stop_the_shop_until_they_are_renewed(world, marketplace, connect_shop):
    config = connect_shop(world, marketplace, "shirt")
    good = world.shop.credentials
    listing = world.listing(world.sku(7), code="shirt")
    settle()
    Shop.objects.update(credentials="nonsense")
    assert publish_shop(world.shop.pk) == 0
    world.shop.refresh_from_db()
    assert world.shop.push_problem
    assert world.shop.push_after > timezone.now() + timedelta(minutes=1)
    Shop.objects.update(credentials=good)
    assert publish_shop(world.shop.pk) == 0
    renew_access([world.shop.pk])
    assert publish_shop(world.shop.pk) == 1
    assert marketplace.stock(config) == {"shirt": 7}
    assert world.target(listing).state == "published"


def test_a_database_from_yesterday_gets_past_the_platforms_version(world, marketplace, connect_shop):
    config = connect_shop(world, marketplace, "shirt")
    sku = world.sku(7)
    listing = world.listing(sku, code="shirt")
    settle()
    ListingTarget.objects.update(version=50)
    publish_shop(world.shop.pk)
    ListingTarget.objects.update(version=3, published_version=2, published_quantity=1, quantity=1)
    world.issue(sku, 2)
    settle()
    publish_shop(world.shop.pk)
    assert marketplace.stock(config) == {"shirt": 5}
    assert world.target(listing).version == 51
