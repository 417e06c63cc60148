"""Stored shop quantities follow stock and configuration, through dirty marks claimed by workers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels.cascade.actions import claim_dirty, recompute, recompute_dirty, settle_claim
from channels.cascade.selectors import compute_numbers, load_cascade, verify_numbers
from channels.models import Share, ShopQuantity
from channels.network.actions import load_network
from channels.network.selectors import dump_network
from inventory.ledger.actions import mark_skus
from inventory.models import DirtySku, Pool
from tests.channels.small_world import settle
from tests.factories import (
    BundleComponentFactory,
    CategoryFactory,
    DedicatedUnitsFactory,
    LinkOverrideFactory,
    ShareFactory,
    SkuFactory,
)

pytestmark = pytest.mark.django_db


def lease_out(claim):
    """As if the worker that holds it had been killed a while ago."""
    DirtySku.objects.filter(lease=claim.token).update(leased_until=timezone.now() - timedelta(seconds=1))


def test_a_movement_becomes_a_shop_quantity_and_the_mark_goes(world):
    sku = world.sku(7)
    assert world.quantity(sku) is None
    settle()
    assert world.quantity(sku) == 7
    assert not DirtySku.objects.exists()
    assert verify_numbers() == []


def test_versions_grow_only_with_the_number(world):
    sku = world.sku(7)
    settle()
    mark_skus([sku.pk])
    settle()
    assert ShopQuantity.objects.get(sku=sku).version == 1
    world.issue(sku, 7)
    settle()
    row = ShopQuantity.objects.get(sku=sku)
    assert (row.quantity, row.version) == (0, 2)


def test_a_number_that_never_was_above_zero_has_no_row(world):
    sku = world.sku()
    mark_skus([sku.pk])
    settle()
    assert world.quantity(sku) is None


def test_recompute_finds_and_mends_what_nobody_marked(world):
    sku = world.sku(7)
    settle()
    ShopQuantity.objects.update(quantity=99)
    (wrong,) = verify_numbers()
    assert (wrong.shop, wrong.sku_id, wrong.stored, wrong.computed) == (world.shop.code, sku.pk, 99, 7)
    assert recompute().numbers == 1
    assert verify_numbers() == []
    # What it changed is computed once more by a worker: stock may have moved meanwhile.
    assert list(DirtySku.objects.values_list("sku_id", flat=True)) == [sku.pk]


def test_recompute_of_some_skus_leaves_the_others(world):
    one, other = world.sku(7), world.sku(8)
    recompute([one.pk])
    assert (world.quantity(one), world.quantity(other)) == (7, None)


def test_everything_the_network_holds_is_loaded(world):
    parent = CategoryFactory()
    child = CategoryFactory(parent=parent)
    plain, nested, own = world.sku(100), world.sku(100, category=child), world.sku(100, category=child)
    link = world.supply.links.get()
    LinkOverrideFactory(link=link, category=parent, ratio=50, reserve=None)
    LinkOverrideFactory(link=link, sku=own, ratio=None, reserve=10)
    other = ShareFactory(pool=world.pool).shop
    DedicatedUnitsFactory(pool=world.pool, shop=other, sku=plain, quantity=30, consumed=10)
    bundle = SkuFactory()
    BundleComponentFactory(bundle=bundle, component=plain, quantity=3)
    BundleComponentFactory(bundle=bundle, component=nested, quantity=2)
    recompute()
    assert [world.quantity(sku) for sku in (plain, nested, own, bundle)] == [80, 50, 90, 25]
    stored, _computed = compute_numbers([bundle.pk, own.pk])
    assert stored.sku_ids.tolist() == [own.pk, bundle.pk]
    assert verify_numbers([bundle.pk, own.pk]) == []


def test_safety_stock_of_a_row_counts_before_the_functional_warehouses(world):
    one, other = world.sku(10), world.sku(10)
    world.functional.safety_stock = 3
    world.functional.save(update_fields=["safety_stock"])
    one.stock.update(safety_stock=8)
    settle()
    assert (world.quantity(one), world.quantity(other)) == (2, 7)


def test_reading_takes_as_many_queries_for_one_sku_as_for_many(world, django_assert_max_num_queries):
    skus = [world.sku(5).pk for _ in range(12)]
    for wanted in (skus[:1], skus, None):
        with django_assert_max_num_queries(16):
            load_cascade(wanted)


def test_a_component_that_moves_moves_its_bundle(world):
    component, bundle = world.sku(10), SkuFactory()
    BundleComponentFactory(bundle=bundle, component=component, quantity=4)
    settle()
    assert world.quantity(bundle) == 2
    world.issue(component, 7)
    assert recompute_dirty() == 2
    assert world.quantity(bundle) == 0
    assert not DirtySku.objects.exists()


def test_a_claimed_sku_is_nobody_elses_until_its_lease_ends(world):
    sku = world.sku(7)
    claim = claim_dirty()
    assert claim.generations.keys() == {sku.pk}
    assert not claim_dirty().generations
    lease_out(claim)
    assert claim_dirty().generations.keys() == {sku.pk}


def test_the_longest_waiting_are_claimed_first(world):
    skus = [world.sku(1) for _ in range(3)]
    DirtySku.objects.filter(sku=skus[2]).update(marked_at=timezone.now() - timedelta(minutes=1))
    assert claim_dirty(1).generations.keys() == {skus[2].pk}


def test_a_worker_that_lost_its_lease_writes_nothing(world):
    sku = world.sku(7)
    slow = claim_dirty()
    numbers = compute_numbers([sku.pk])
    lease_out(slow)
    world.issue(sku, 3)
    settle()
    assert world.quantity(sku) == 4
    settle_claim(slow, *numbers)
    assert world.quantity(sku) == 4


def test_a_mark_made_while_computing_stays_and_is_free_at_once(world):
    sku = world.sku(7)
    claim = claim_dirty()
    numbers = compute_numbers([sku.pk])
    world.issue(sku, 3)
    settle_claim(claim, *numbers)
    assert world.quantity(sku) == 7
    assert recompute_dirty() == 1
    assert world.quantity(sku) == 4
    assert not DirtySku.objects.exists()


def test_only_the_skus_still_held_are_written(world):
    lost, kept = world.sku(7), world.sku(8)
    claim = claim_dirty()
    numbers = compute_numbers(list(claim.generations))
    DirtySku.objects.filter(sku=lost).update(lease=None)
    settle_claim(claim, *numbers)
    assert (world.quantity(lost), world.quantity(kept)) == (None, 8)
    assert list(DirtySku.objects.values_list("sku_id", flat=True)) == [lost.pk]


def test_a_closed_shop_holds_nothing_back_from_the_others_of_its_pool(world):
    world.pool.mode = Pool.Mode.PRIORITY
    world.pool.save()
    first = ShareFactory(pool=world.pool, ratio=100, priority=1, shop__code="AAA")
    Share.objects.filter(shop=world.shop).update(priority=2)
    shirt = world.sku(10)
    settle()
    assert world.quantity(shirt) == 0 or world.quantity(shirt) is None
    load_network(closed(first.shop), actor="t")
    settle()
    assert world.quantity(shirt) == 10


def closed(shop):
    """A document that closes one shop and leaves every other as it is."""
    document = {"version": 1, "shops": dump_network()["shops"]}
    for row in document["shops"]:
        row["active"] = row["code"] != shop.code
    return document
