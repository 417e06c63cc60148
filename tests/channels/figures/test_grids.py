"""Grids for strategies: places by code, and every fact's column."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.utils import timezone

from channels.cascade.actions import recompute
from channels.cascade.selectors import compute_cascade, load_cascade
from channels.figures.facts import POOL_FACTS, SHOP_FACTS
from channels.figures.selectors import load_grid, load_velocity
from channels.models import ShopVelocity, SkuFigures
from inventory.ledger.actions import Movement, post_movements
from inventory.models import Pool, Region, Sku, Warehouse
from strategies.registry import find_fact
from strategies.rules.shapes import EMPTY, NOTHING, Axis, FactType
from tests.channels.small_world import settle
from tests.factories import (
    BrandFactory,
    BundleComponentFactory,
    CategoryFactory,
    PoolFactory,
    ShareFactory,
    ShopFactory,
    SkuFactory,
    SupplyLinkFactory,
)

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)  # 02:30 on the 23rd in Shanghai


def value(grid, key, sku=None, place=None):
    """One fact's value in words: a code, codes, a number or None."""
    column, fact = grid.columns[key], find_fact(key)
    at = list(grid.sku_ids).index(sku.pk) if sku is not None else None
    row = grid.places.index(place.code) if place is not None else None
    index = {Axis.SKU: at, Axis.PLACE: row, Axis.PAIR: (row, at)}[fact.axis]
    if fact.type is FactType.MANY:
        codes = column.values[column.offsets[index] : column.offsets[index + 1]]
        return {column.codes[code] for code in codes}
    found = column.values[index]
    if fact.type in (FactType.CHOICE, FactType.TREE):
        return None if found == NOTHING else column.codes[found]
    return None if fact.type is FactType.NUMBER and found == EMPTY else found


def pool_value(key, sku=None, place=None, at=AT):
    return value(load_grid("pool", [key], None, at), key, sku, place or Pool.objects.first())


def shop_value(key, place, at=AT):
    return value(load_grid("shop", [key], None, at), key, None, place)


def test_every_fact_of_both_kinds_loads_in_the_shape_of_its_axis(world):
    for units in (5, 0, 2):
        world.sku(units)
    PoolFactory()
    for kind, keys in (("pool", POOL_FACTS), ("shop", SHOP_FACTS)):
        grid = load_grid(kind, keys, None, AT)
        sizes = {Axis.PLACE: (len(grid.places),), Axis.SKU: (3,), Axis.PAIR: (len(grid.places), 3)}
        clock = {key for key in keys if find_fact(key).axis is Axis.CLOCK}
        assert set(grid.columns) == set(keys) - clock
        assert len(clock) == 3
        for key, column in grid.columns.items():
            shape = column.values.shape if column.offsets is None else (column.offsets.size - 1,)
            assert shape == sizes[find_fact(key).axis], key
            if find_fact(key).type in (FactType.CHOICE, FactType.TREE):
                assert column.values.max(initial=-1) < len(column.codes), key


def test_grids_have_the_places_of_the_cascade_and_the_skus_that_exist(world):
    first, second = world.sku(5), world.sku(3)
    ShareFactory(pool=PoolFactory(code="A-POOL"), shop=ShopFactory(code="A-SHOP"))
    loaded = load_cascade()
    assert load_grid("pool", [], None, AT).place_ids == loaded.supply.pool_ids
    assert load_grid("shop", [], None, AT).place_ids == loaded.shop_ids
    grid = load_grid("pool", ["sku"], [second.pk, first.pk, second.pk, 10**9], AT)
    assert grid.sku_ids.tolist() == sorted([first.pk, second.pk])
    assert grid.at.isoformat() == "2026-11-23T02:30:00+08:00"


def test_what_a_sku_is():
    women = CategoryFactory(code="women")
    coats = CategoryFactory(code="coats", parent=women)
    sku = SkuFactory(
        code="W-1", name="羊毛大衣", category=coats, brand=BrandFactory(code="linden"), season="AW25",
        tags=["sale", "wool"], price=Decimal("99.90"), cost=Decimal("33.33"), weight_g=750, lifecycle="new",
    )  # fmt: skip
    Sku.objects.filter(pk=sku.pk).update(created_at=datetime(2026, 11, 20, 16, 0, tzinfo=UTC))  # the 21st
    bare = SkuFactory(price=None)
    grid = load_grid("pool", POOL_FACTS, None, AT)
    expected = {
        "sku": "W-1", "sku_code": "W-1", "name": "羊毛大衣", "category": "coats", "brand": "linden", "season": "AW25",
        "tag": {"sale", "wool"}, "price": 9990, "cost": 3333, "margin": 6663, "weight": 750, "lifecycle": "new",
        "bundle": 0, "listing_age": 2, "free_stock": 0, "velocity_7": 0, "abc": "C", "stock_age": None,
        "days_of_cover": None, "sell_through": None,
    }  # fmt: skip
    assert {key: value(grid, key, sku) for key in expected} == expected
    nothing = ("category", "brand", "season", "price", "cost", "margin", "weight")
    assert {key: value(grid, key, bare) for key in nothing} == dict.fromkeys(nothing)
    assert value(grid, "tag", bare) == set()
    assert grid.columns["category"].parents == {"coats": "women", "women": None}


def test_a_margin_is_rounded_down_and_needs_a_price():
    cheap = SkuFactory(price=Decimal("10.00"), cost=Decimal("10.01"))
    free = SkuFactory(price=Decimal(0), cost=Decimal(1))
    assert pool_value("margin", cheap) == -10
    assert pool_value("margin", free) is None
    dear = SkuFactory(price=Decimal("9999999999.99"), cost=Decimal(0))
    assert pool_value("margin", dear) == 10_000


def test_a_partial_grid_says_the_same_as_the_whole(world):
    tagged = [world.sku(4, tags=["b", "a"], season=season) for season in ("SS26", "", "AW25")]
    bundle = BundleComponentFactory(component=tagged[0], quantity=3).bundle
    settle()
    for kind, keys in (("pool", POOL_FACTS), ("shop", SHOP_FACTS)):
        whole = load_grid(kind, keys, None, AT)
        part = load_grid(kind, keys, [bundle.pk, tagged[2].pk], AT)
        for key in part.columns:
            for sku in (bundle, tagged[2]):
                place = Pool.objects.get() if kind == "pool" else world.shop
                assert value(whole, key, sku, place) == value(part, key, sku, place), key


def test_free_stock_is_what_nobody_holds_where_it_can_be_sold(world):
    sku = world.sku(7)
    other = SupplyLinkFactory(functional__status__code="inspection").functional
    post_movements([Movement(functional=other.code, sku=sku.code, kind="receipt", quantity=50)], actor="t")
    assert pool_value("free_stock", sku) == 7
    assert pool_value("pool_quantity", sku, world.pool) == 7
    bundle = BundleComponentFactory(component=sku, quantity=2).bundle
    assert pool_value("free_stock", bundle) == 3
    assert pool_value("pool_quantity", bundle, world.pool) == 3
    BundleComponentFactory(bundle=bundle, component=world.sku(1))
    assert pool_value("free_stock", bundle) == 1
    assert pool_value("bundle", bundle) == 1


def test_quantities_of_pools_and_shops_are_those_of_the_cascade(world):
    sku, _other = world.sku(9), world.sku(0)
    bundle = BundleComponentFactory(component=sku, quantity=2).bundle
    ShareFactory(pool=PoolFactory(code="A", supplies=[world.supply]), ratio=50, shop=ShopFactory(code="A"))
    recompute()
    loaded = load_cascade()
    result = compute_cascade(loaded, pools=True)
    pools, shops = load_grid("pool", ["pool_quantity"], None, AT), load_grid("shop", ["shop_quantity"], None, AT)
    plain = loaded.stock.sku_ids != bundle.pk
    assert (pools.columns["pool_quantity"].values[:, plain] == result.pool[:, plain]).all()
    assert (shops.columns["shop_quantity"].values == result.shop).all()


def test_figures_of_sales(world):
    sku = world.sku(30)
    SkuFigures.objects.create(sku=sku, sold_7=10, sold_30=70, stocked_on=date(2026, 11, 13), abc="A")
    expected = {
        "velocity_7": 142, "velocity_30": 233, "days_of_cover": 128, "sell_through": 7000, "stock_age": 10, "abc": "A",
    }  # fmt: skip
    grid = load_grid("pool", POOL_FACTS, None, AT)
    assert {key: value(grid, key, sku) for key in expected} == expected


def test_velocity_comes_as_three_columns(world):
    sold, other = world.sku(1), world.sku(1)
    ShopVelocity.objects.create(sku=sold, shop=world.shop, units_30=12)
    ShopVelocity.objects.create(sku=other, shop=world.shop, units_30=4)
    assert sorted(zip(*(column.tolist() for column in load_velocity()), strict=True)) == [
        (world.shop.pk, sold.pk, 12),
        (world.shop.pk, other.pk, 4),
    ]
    assert [column.tolist() for column in load_velocity([other.pk])] == [[world.shop.pk], [other.pk], [4]]
    assert [column.size for column in load_velocity([10**9])] == [0, 0, 0]


def test_what_a_pool_and_a_shop_are(world):
    zhejiang = Region.objects.create(code="330000", name="Zhejiang", level="province")
    hangzhou = Region.objects.create(code="330100", name="Hangzhou", level="city", parent=zhejiang)
    Warehouse.objects.filter(pk=world.functional.warehouse_id).update(region=hangzhou, kind="store")
    Pool.objects.filter(pk=world.pool.pk).update(business_line="outlet")
    closed = ShareFactory(pool=world.pool, active=False).shop
    alone = ShopFactory(platform="jd")
    code = world.functional.warehouse.code
    for place, key, expected in (
        (world.pool, "pool", world.pool.code),
        (world.pool, "business_line", "outlet"),
        (world.pool, "pool_channels", {world.shop.channel.code}),
        (world.pool, "pool_shops", {world.shop.code}),
        (world.pool, "pool_platforms", {"demo"}),
        (world.pool, "pool_warehouses", {code}),
        (world.pool, "pool_warehouse_kinds", {"store"}),
        (world.pool, "pool_warehouse_regions", {"330000", "330100"}),
    ):
        assert pool_value(key, place=place) == expected, key
    for place, key, expected in (
        (world.shop, "shop", world.shop.code),
        (world.shop, "channel", world.shop.channel.code),
        (alone, "platform", "jd"),
        (world.shop, "shop_pools", {world.pool.code}),
        (world.shop, "shop_business_lines", {"outlet"}),
        (world.shop, "shop_warehouses", {code}),
        (world.shop, "shop_warehouse_kinds", {"store"}),
        (world.shop, "shop_warehouse_regions", {"330000", "330100"}),
        (closed, "shop_pools", set()),
        (alone, "shop_warehouses", set()),
    ):
        assert shop_value(key, place) == expected, key


def test_what_is_closed_feeds_nothing(world):
    Warehouse.objects.filter(pk=world.functional.warehouse_id).update(active=False)
    assert pool_value("pool_warehouses", place=world.pool) == set()
    assert shop_value("shop_warehouses", world.shop) == set()


def test_campaigns_are_the_dated_pools_that_are_open_now(world):
    PoolFactory(code="618", starts_at=AT, ends_at=AT + timedelta(hours=1))
    PoolFactory(code="1111", ends_at=AT)
    PoolFactory(code="SHUT", starts_at=AT, active=False)
    for moment, running in ((AT, {"618"}), (AT - timedelta(seconds=1), {"1111"}), (AT + timedelta(hours=1), set())):
        assert pool_value("campaign", place=world.pool, at=moment) == running
        assert shop_value("campaign", world.shop, at=moment) == running


def test_who_knows_a_column_better_brings_it_along(world):
    sku = world.sku(4)
    known = load_grid("pool", ["pool_quantity"], None, timezone.now()).columns["pool_quantity"]
    known.values[:] = 99
    grid = load_grid("pool", ["pool_quantity", "sku"], [sku.pk], AT, given={"pool_quantity": known})
    assert np.array_equal(grid.columns["pool_quantity"].values, [[99]])


def test_a_place_has_only_its_own_facts(world):
    with pytest.raises(KeyError):
        load_grid("pool", ["channel"], None, AT)
    with pytest.raises(KeyError):
        load_grid("shop", ["pool_quantity"], None, AT)
