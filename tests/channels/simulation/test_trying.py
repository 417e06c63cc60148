"""Edits are tried together, taken back, and compared over everything."""

from decimal import Decimal

import pytest
from django.db import connection
from pydantic import ValidationError

from channels.models import Listing, ListingTarget, Share, ShopQuantity, SyncDefaults
from channels.simulation.actions import apply_edits, try_edits
from channels.simulation.rules.edits import SetLink, SetPolicy, SetPool, SetShare, read_edits, write_edits
from core.errors import InvalidInput, NotFound
from inventory.models import Pool, SupplyLink
from tests.channels.small_world import settle, small_world
from tests.factories import BundleComponentFactory, CategoryFactory, ShareFactory, SkuFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """100 units of one SKU, 7 of another, a listing of each, and a second shop in the pool."""
    world = small_world()
    world.coat = world.sku(100, category=CategoryFactory())
    world.hat = world.sku(7)
    world.coats, world.hats = world.listing(world.coat), world.listing(world.hat)
    world.other = ShareFactory(pool=world.pool, ratio=50, priority=2).shop
    settle()
    return world


def try_out(*edits):
    return try_edits(edits, actor="ann")


def numbers_of(outcome):
    rows = outcome.numbers
    return {
        (sku, shop): (before, after)
        for sku, shop, before, after in zip(
            rows.sku_id.tolist(), rows.shop_id.tolist(), rows.before.tolist(), rows.after.tolist(), strict=True
        )
    }


def targets_of(outcome):
    rows = outcome.targets
    columns = (rows.listing_id.tolist(), rows.before.tolist(), rows.after.tolist())
    return {listing: (before, after) for listing, before, after in zip(*columns, strict=True)}


def share_of(world, shop):
    return Share.objects.get(pool=world.pool, shop=shop)


def snapshot():
    """Every row of every table of ours, with the transaction that wrote it."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename ~ '^(inv|chan|core|stra)'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT xmin::text, t::text FROM public.{table} t ORDER BY 2")
            found[table] = cursor.fetchall()
    return found


def test_several_edits_count_together_and_change_nothing(world):
    before = snapshot()
    link = SupplyLink.objects.get()
    outcome = try_out(SetLink(id=link.pk, ratio=50), SetShare(id=share_of(world, world.shop).pk, ratio=10))
    assert snapshot() == before
    assert numbers_of(outcome) == {
        (world.coat.pk, world.shop.pk): (100, 5),
        (world.hat.pk, world.shop.pk): (7, 0),
        (world.coat.pk, world.other.pk): (50, 25),
        (world.hat.pk, world.other.pk): (3, 1),
    }
    assert targets_of(outcome) == {world.coats.pk: (100, 5), world.hats.pk: (7, 0)}


def test_totals(world):
    outcome = try_out(SetShare(id=share_of(world, world.shop).pk, ratio=10))
    summary = outcome.summary
    assert summary["numbers"] == {"changed": 2, "gained": 0, "lost": 97, "to_zero": 1, "back": 0, "skus": 2}
    assert (summary["targets"]["changed"], summary["targets"]["to_zero"]) == (2, 1)
    (shop,) = summary["shops"]
    assert (shop["code"], shop["before"], shop["after"], shop["targets_to_zero"]) == (world.shop.code, 107, 10, 1)
    assert {line["id"]: line["lost"] for line in summary["categories"]} == {None: 7, world.coat.category_id: 90}
    (pool,) = summary["pools"]
    assert (pool["units_before"], pool["units_after"]) == (107, 107)
    assert (pool["shown_before"], pool["shown_after"]) == (160, 63)
    assert (pool["published_before"], pool["published_after"]) == (107, 10)


def test_exposure_is_what_no_unit_of_the_pool_stands_behind(world):
    world.shop, first = world.other, world.shop
    world.listing(world.coat)
    settle()
    (pool,) = try_out(SetShare(id=share_of(world, world.other).pk, ratio=100)).summary["pools"]
    # Both shops publish the coats: 100 and 50 of 100, then 100 and 100.
    assert (pool["exposure_before"], pool["exposure_after"]) == (50, 100)
    assert first != world.other


def test_bundles_are_exposed_as_their_components(world):
    bundle = BundleComponentFactory(component=world.coat, bundle=SkuFactory(), quantity=3).bundle
    world.listing(bundle)
    settle()
    (pool,) = try_out(SetShare(id=share_of(world, world.shop).pk, ratio=0)).summary["pools"]
    # 100 coats, and 33 bundles of three.
    assert (pool["published_before"], pool["exposure_before"]) == (100 + 99 + 7, 99)
    assert (pool["published_after"], pool["exposure_after"]) == (0, 0)


def test_a_mode_and_scarcity(world):
    outcome = try_out(SetPool(id=world.pool.pk, mode="priority", scarcity_at=7))
    assert numbers_of(outcome) == {
        (world.coat.pk, world.other.pk): (50, 0),
        (world.hat.pk, world.other.pk): (3, 0),
    }


@pytest.mark.parametrize("level", ["default", "shop", "listing"])
def test_sync_policies(world, level):
    SyncDefaults.objects.create(pk=1, policy={"buffer": 1})
    settle()
    pk = {"default": None, "shop": world.shop.pk, "listing": world.coats.pk}[level]
    outcome = try_out(SetPolicy(level=level, id=pk, policy={"max_quantity": 5}))
    expected = {world.coats.pk: (99, 5), world.hats.pk: (6, 5)}
    assert targets_of(outcome) == (expected if level != "listing" else {world.coats.pk: (99, 5)})
    assert numbers_of(outcome) == {}


def test_a_field_that_is_unset_follows_the_level_above(world):
    Listing.objects.filter(pk=world.coats.pk).update(sync={"max_quantity": 5, "buffer": 2})
    outcome = try_out(SetPolicy(level="listing", id=world.coats.pk, unset=["max_quantity"]))
    assert targets_of(outcome) == {world.coats.pk: (5, 98)}


def test_an_increase_only_listing_keeps_its_number(world):
    Listing.objects.filter(pk=world.coats.pk).update(increase_only=True)
    ListingTarget.objects.filter(listing=world.coats).update(published_quantity=100)
    outcome = try_out(SetShare(id=share_of(world, world.shop).pk, ratio=10))
    assert targets_of(outcome) == {world.hats.pk: (7, 0)}
    assert outcome.summary["targets"]["waiting"] == 1


def test_an_edit_of_something_that_is_gone_says_so(world):
    with pytest.raises(NotFound, match="isn't there any more"):
        try_out(SetShare(id=0, ratio=10))


def test_a_policy_that_cant_be_is_refused(world):
    with pytest.raises(InvalidInput, match="multiple"):
        try_out(SetPolicy(level="shop", id=world.shop.pk, policy={"multiple": 0}))


def test_edits_are_plain_data_and_back():
    edits = (SetShare(id=3, cap=None, ratio=Decimal("12.5")), SetPolicy(level="default", policy={"fixed": None}))
    data = write_edits(edits)
    assert data[0] == {"do": "set_share", "id": 3, "cap": None, "ratio": "12.5"}
    assert read_edits(data) == edits
    assert read_edits(data)[0].given().keys() == {"cap", "ratio"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"do": "set_share", "id": 3},
        {"do": "set_share", "id": 3, "ratio": 101},
        {"do": "set_policy", "level": "default", "id": 1, "policy": {"buffer": 1}},
        {"do": "set_policy", "level": "shop", "policy": {"buffer": 1}},
        {"do": "set_pool", "id": 1, "mode": "lottery"},
        {"do": "delete_shop", "id": 1},
    ],
)
def test_what_is_no_edit_is_refused(wrong):
    with pytest.raises(ValidationError):
        read_edits([wrong])


def test_applied_for_real_the_same_numbers_come(world):
    edits = [
        SetShare(id=share_of(world, world.other).pk, ratio=20, holdback=1),
        SetPool(id=world.pool.pk, mode="priority"),
    ]
    outcome = try_out(*edits)
    apply_edits(edits, actor="ann")
    settle()
    assert Pool.objects.get().mode == "priority"
    after = {(sku, shop): quantity for (sku, shop), (_before, quantity) in numbers_of(outcome).items()}
    stored = {(row.sku_id, row.shop_id): row.quantity for row in ShopQuantity.objects.all()}
    assert after
    assert {key: stored[key] for key in after} == after
