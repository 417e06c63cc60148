"""Listing targets follow the shop quantities and the sync policy, and versions grow only with the number."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels.models import ListingTarget, SyncDefaults
from channels.network.actions import load_network
from channels.network.selectors import dump_network
from channels.shops.actions import mark_listings, mark_shops, mark_sync_defaults
from channels.sync.actions import refresh_targets, retry_refused
from channels.sync.selectors import find_due_shops
from inventory.ledger.actions import mark_skus
from tests.channels.small_world import settle
from tests.factories import ListingPartFactory

pytestmark = pytest.mark.django_db


def published(world, listing, **fields):
    """As if the platform had taken the target's number."""
    target = world.target(listing)
    fields = {"published_quantity": target.quantity, "published_version": target.version, **fields}
    ListingTarget.objects.filter(listing=listing).update(state="published", **fields)


def test_a_listing_shows_what_its_scarcest_part_allows(world):
    one, other = world.sku(7), world.sku(9)
    listing = world.listing(one)
    ListingPartFactory(listing=listing, sku=other, quantity=2)
    settle()
    target = world.target(listing)
    assert (target.quantity, target.wanted, target.version, target.state) == (4, 4, 1, "pending")
    assert target.shop == world.shop


def test_the_version_grows_only_with_the_number(world):
    sku = world.sku(7)
    listing = world.listing(sku)
    settle()
    published(world, listing)
    mark_skus([sku.pk])
    settle()
    target = world.target(listing)
    assert (target.version, target.state) == (1, "published")
    world.issue(sku, 1)
    settle()
    target = world.target(listing)
    assert (target.quantity, target.version, target.state) == (6, 2, "pending")


def test_a_target_of_zero_is_published_too(world):
    sku = world.sku()
    listing = world.listing(sku)
    mark_listings([listing.pk])
    settle()
    target = world.target(listing)
    assert (target.quantity, target.version, target.published_version) == (0, 1, 0)


def test_a_number_back_to_the_published_one_needs_no_sending(world):
    sku = world.sku(7)
    listing = world.listing(sku)
    settle()
    published(world, listing)
    world.issue(sku, 1)
    settle()
    world.receive(sku, 1)
    settle()
    target = world.target(listing)
    assert (target.quantity, target.version, target.published_version, target.state) == (7, 3, 3, "published")


def test_it_does_need_sending_while_another_may_be_on_its_way(world):
    sku = world.sku(7)
    listing = world.listing(sku)
    settle()
    published(world, listing)
    world.issue(sku, 1)
    settle()
    ListingTarget.objects.update(sent_quantity=6)
    world.receive(sku, 1)
    settle()
    target = world.target(listing)
    assert (target.quantity, target.published_version, target.state) == (7, 1, "pending")


def test_policies_merge_field_by_field(world):
    SyncDefaults.objects.create(id=1, policy={"buffer": 2, "ratio": 50})
    sku = world.sku(100)
    world.shop.sync = {"buffer": 3}
    world.shop.save(update_fields=["sync"])
    plain, own = world.listing(sku), world.listing(sku, sync={"ratio": None, "fixed": None})
    fixed = world.listing(sku, sync={"fixed": 5})
    settle()
    assert [world.target(listing).quantity for listing in (plain, own, fixed)] == [47, 97, 5]
    assert [world.target(listing).backed for listing in (plain, fixed)] == [True, False]


def test_a_policy_that_cannot_be_applied_keeps_its_listing_alone(world):
    sku = world.sku(10)
    broken, sound = world.listing(sku, sync={"ratio": 200}), world.listing(sku)
    settle()
    assert world.target(sound).quantity == 10
    target = world.target(broken)
    assert (target.version, target.published_version) == (0, 0)
    assert "200" in target.message


@pytest.mark.parametrize("fields", [{"paused": True}, {"active": False}])
def test_a_closed_listing_keeps_its_target(world, fields):
    sku = world.sku(7)
    listing = world.listing(sku)
    settle()
    type(listing).objects.update(**fields)
    world.issue(sku, 3)
    settle()
    assert world.target(listing).quantity == 7
    assert find_due_shops(timezone.now(), ["demo"]) == []
    type(listing).objects.update(paused=False, active=True)
    mark_listings([listing.pk])
    settle()
    assert world.target(listing).quantity == 4


def test_an_inactive_shop_keeps_its_targets(world):
    sku = world.sku(7)
    listing = world.listing(sku)
    settle()
    type(world.shop).objects.update(active=False)
    world.issue(sku, 3)
    settle()
    assert world.target(listing).quantity == 7
    type(world.shop).objects.update(active=True)
    mark_shops([world.shop.pk])
    settle()
    assert world.target(listing).quantity == 4


@pytest.mark.parametrize("sent", [None, 9])
def test_an_increase_only_listing_is_never_lowered(world, sent):
    sku = world.sku(7)
    listing = world.listing(sku, increase_only=True)
    settle()
    published(world, listing, sent_quantity=sent)
    world.issue(sku, 3)
    settle()
    target = world.target(listing)
    assert (target.quantity, target.wanted) == (sent or 7, 4)
    world.receive(sku, 16)
    settle()
    target = world.target(listing)
    assert (target.quantity, target.wanted) == (20, 20)


def test_an_increase_only_listing_may_be_lowered_while_the_platform_has_nothing(world):
    sku = world.sku(7)
    listing = world.listing(sku, increase_only=True)
    settle()
    world.issue(sku, 3)
    settle()
    assert world.target(listing).quantity == 4


def test_a_change_of_policy_reaches_its_targets(world):
    sku = world.sku(10)
    listing = world.listing(sku)
    settle()
    SyncDefaults.objects.create(id=1, policy={"buffer": 2})
    mark_sync_defaults()
    settle()
    assert world.target(listing).quantity == 8
    world.shop.sync = {"buffer": 3}
    world.shop.save(update_fields=["sync"])
    mark_shops([world.shop.pk])
    settle()
    assert world.target(listing).quantity == 7


def test_a_listing_that_loses_its_last_part_shows_nothing(world):
    listing = world.listing(world.sku(10))
    settle()
    listing.parts.all().delete()
    mark_listings([listing.pk])
    assert world.target(listing).quantity == 0


def test_refused_numbers_can_be_offered_again(world):
    listing = world.listing(world.sku(10))
    settle()
    ListingTarget.objects.update(state="refused", message="No.")
    assert find_due_shops(timezone.now(), ["demo"]) == []
    assert retry_refused([listing.pk], actor="t") == 1
    assert find_due_shops(timezone.now(), ["demo"]) == [world.shop.pk]
    assert world.target(listing).message == ""


def test_a_shop_is_due_only_when_it_may_be_called(world):
    world.listing(world.sku(10))
    settle()
    now = timezone.now()
    assert find_due_shops(now, ["demo"]) == [world.shop.pk]
    assert find_due_shops(now, ["jd"]) == []
    for field in ("leased_until", "push_after"):
        type(world.shop).objects.update(**{field: now + timedelta(seconds=5)})
        assert find_due_shops(now, ["demo"]) == []
        type(world.shop).objects.update(**{field: now - timedelta(seconds=5)})
        assert find_due_shops(now, ["demo"]) == [world.shop.pk]


def test_many_listings_take_as_few_queries_as_one(world, django_assert_max_num_queries):
    listings = [world.listing(world.sku(5)).pk for _ in range(30)]
    for wanted in (listings[:1], listings):
        with django_assert_max_num_queries(16):
            refresh_targets(wanted)


def test_a_platform_without_a_connector_says_so(world):
    type(world.shop).objects.update(platform="jd")
    listing = world.listing(world.sku(5))
    settle()
    world.shop.refresh_from_db()
    assert "jd" in world.shop.push_problem
    assert world.target(listing).state == "pending"


def test_a_shop_that_moves_to_another_platform_by_document_is_sent_everything_anew(world):
    listing = world.listing(world.sku(7))
    settle()
    ListingTarget.objects.update(published_version=1, published_quantity=7, state="published")
    document = {"version": 1, "shops": dump_network()["shops"]}
    document["shops"][0]["platform"] = "taobao"
    load_network(document, actor="t")
    target = world.target(listing)
    assert (target.published_quantity, target.state) == (None, "pending")
    assert target.version > target.published_version
