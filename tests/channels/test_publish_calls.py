"""What may happen during a call, and how calls are paced."""

import pytest

from channels.models import ListingTarget
from channels.platforms.contract import OutcomeKind, PlatformError
from channels.sync import publisher
from channels.sync.pace import seconds_to_wait
from channels.sync.publisher import publish_shop
from tests.channels.platform_calls import Scripted
from tests.channels.small_world import settle

pytestmark = pytest.mark.django_db


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
