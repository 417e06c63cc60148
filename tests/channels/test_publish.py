"""The publisher against the real demo marketplace."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from channels.models import ListingTarget, Shop
from channels.platforms.contract import OutcomeKind, PlatformError, PushOutcome
from channels.platforms.demo.setup import DemoItem, publish_items
from channels.shops.actions import renew_access
from channels.sync import publisher
from channels.sync.pace import seconds_to_wait
from channels.sync.publisher import publish_shop
from tests.channels.small_world import settle

pytestmark = pytest.mark.django_db


def sent(server, config):
    return [(line["item"], line["quantity"], line["result"]) for line in server.history(config)]


def lift_waits():
    """As if all waiting times had passed."""
    past = timezone.now() - timedelta(seconds=1)
    ListingTarget.objects.filter(retry_at__isnull=False).update(retry_at=past)
    Shop.objects.filter(push_after__isnull=False).update(push_after=past)


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


class Scripted:
    """A platform that does what the test says."""

    batch_size = 10
    calls_per_second = 1e6

    def __init__(self, answer):
        self.answer, self.calls = answer, []

    def push_stock(self, updates):
        self.calls.append([update.item for update in updates])
        return [PushOutcome(update.listing_id, self.answer(update)) for update in updates]


@pytest.fixture
def scripted(monkeypatch):
    def install(answer):
        platform = Scripted(answer)
        monkeypatch.setattr(publisher, "connect", lambda shop: platform)
        return platform

    return install


def test_a_number_that_changes_during_the_call_is_sent_after_it(world, scripted):
    sku = world.sku(7)
    listing = world.listing(sku, code="shirt")
    settle()

    def answer(update):
        if update.quantity == 7:
            world.issue(sku, 3)
            settle()
        return OutcomeKind.APPLIED

    platform = scripted(answer)
    assert publish_shop(world.shop.pk) == 2
    assert len(platform.calls) == 2
    target = world.target(listing)
    assert (target.published_quantity, target.published_version, target.state) == (4, 2, "published")


def test_a_late_answer_changes_nothing(world, scripted):
    listing = world.listing(world.sku(7), code="shirt")
    settle()

    def answer(update):
        ListingTarget.objects.update(version=9, published_version=9, published_quantity=3, quantity=3)
        return OutcomeKind.APPLIED

    platform = scripted(answer)
    publish_shop(world.shop.pk)
    target = world.target(listing)
    assert (target.published_quantity, target.published_version) == (3, 9)
    # Had it been believed, the newer number would have been sent again.
    assert len(platform.calls) == 1


def test_a_call_refused_as_a_whole_still_lets_the_sound_items_through(world, scripted):
    sku = world.sku(7)
    listings = {code: world.listing(sku, code=code) for code in "abcdef"}
    settle()
    platform = scripted(lambda update: OutcomeKind.APPLIED)
    push = platform.push_stock

    def refuse_d(updates):
        if any(update.item == "d" for update in updates):
            raise PlatformError(OutcomeKind.REJECTED, "The call makes no sense.")
        return push(updates)

    platform.push_stock = refuse_d
    assert publish_shop(world.shop.pk) == 5
    target = world.target(listings["d"])
    assert (target.state, target.message) == ("refused", "The call makes no sense.")


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_during_a_call(world, scripted):
    from django.db import connection

    world.listing(world.sku(7), code="shirt")
    settle()
    open_during_call = []

    def answer(update):
        open_during_call.append(connection.in_atomic_block)
        return OutcomeKind.APPLIED

    scripted(answer)
    publish_shop(world.shop.pk)
    assert open_during_call == [False]


def test_calls_are_paced_across_all_senders():
    waits = [seconds_to_wait(-1, 5.0) for _ in range(7)]
    assert waits[:5] == [0.0] * 5
    assert 0.1 < waits[5] <= 0.2
    assert waits[6] <= 0.2
    # A platform of few calls lets the first one pass.
    assert seconds_to_wait(-2, 0.1) == 0.0
    assert 9 < seconds_to_wait(-2, 0.1) <= 10
