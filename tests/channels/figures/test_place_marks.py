"""Edits of pools, shops, warehouses and what joins them move the numbers that strategies decide by them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from channels.models import Share, Shop
from channels.network.actions import load_network
from channels.network.selectors import dump_network
from inventory.models import DirtySku, Pool, Region, SupplyLink, Warehouse
from strategies.actions import apply_clock
from tests.channels.figures.policy import marked, publish
from tests.channels.small_world import settle
from tests.factories import ChannelFactory, GoodsStatusFactory, PoolFactory, ShopFactory
from tests.html_forms import read_form
from tests.sheet_files import load, xlsx

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def by_sql(model, **values):
    """Behind every door's back."""
    for name, value in values.items():
        column = model._meta.get_field(name).column
        with connection.cursor() as cursor:
            cursor.execute(f'UPDATE {model._meta.db_table} SET "{column}" = %s', [value])


def region():
    return Region.objects.create(code="310000", name="Shanghai", level="province").pk


def serve_another_pool(world):
    other = PoolFactory(code="OTHER")
    Share.objects.create(pool=other, shop=world.shop, ratio=100)


def serve_another_shop(world, **fields):
    Share.objects.create(pool=world.pool, shop=ShopFactory(**fields), ratio=100)


def start_campaign(_world):
    by_sql(Pool, starts_at=timezone.now() - DAY)


# Fact: kind, operator, value, and an edit after which it holds.
FACTS = {
    "business_line": ("allocation", "in", ["retail"], lambda world: by_sql(Pool, business_line="retail")),
    "pool_channels": (
        "allocation",
        "any",
        ["tmall"],
        lambda world: by_sql(Shop, channel=ChannelFactory(code="tmall").pk),
    ),
    "pool_shops": ("allocation", "any", ["NEW"], lambda world: serve_another_shop(world, code="NEW")),
    "pool_platforms": ("allocation", "any", ["jd"], lambda world: serve_another_shop(world, platform="jd")),
    "pool_warehouses": ("allocation", "any", ["WX"], lambda world: by_sql(Warehouse, code="WX")),
    "pool_warehouse_kinds": ("allocation", "any", ["store"], lambda world: by_sql(Warehouse, kind="store")),
    "pool_warehouse_regions": ("allocation", "any", ["310000"], lambda world: by_sql(Warehouse, region=region())),
    "pool": ("allocation", "in", ["NEW"], lambda world: by_sql(Pool, code="NEW")),
    "channel": ("sync", "in", ["tmall"], lambda world: by_sql(Shop, channel=ChannelFactory(code="tmall").pk)),
    "platform": ("sync", "in", ["jd"], lambda world: by_sql(Shop, platform="jd")),
    "shop": ("sync", "in", ["NEW"], lambda world: by_sql(Shop, code="NEW")),
    "shop_pools": ("sync", "any", ["OTHER"], serve_another_pool),
    "shop_business_lines": ("sync", "any", ["retail"], lambda world: by_sql(Pool, business_line="retail")),
    "shop_warehouses": ("sync", "any", ["WX"], lambda world: by_sql(Warehouse, code="WX")),
    "shop_warehouse_kinds": ("sync", "any", ["store"], lambda world: by_sql(Warehouse, kind="store")),
    "shop_warehouse_regions": ("sync", "any", ["310000"], lambda world: by_sql(Warehouse, region=region())),
    "campaign": ("sync", "not_empty", None, start_campaign),
}
HALVES = {"allocation": {"shares": [{"ratio": "50"}]}, "sync": {"ratio": "50"}}


@pytest.mark.parametrize("fact", FACTS)
def test_every_fact_of_a_place_moves_the_number(world, fact):
    kind, op, value, edit = FACTS[fact]
    sku, other = world.sku(10, season="AW26"), world.sku(10)
    listing, plain = world.listing(sku), world.listing(other)
    publish((fact, op, value), ("season", "in", ["AW26"]), kind=kind, **HALVES[kind])
    settle()
    edit(world)
    marked()
    assert apply_clock() == 1
    assert list(DirtySku.objects.values_list("sku__code", flat=True)) == [sku.code]
    assert apply_clock() == 0
    settle()
    assert [world.target(each).wanted for each in (listing, plain)] == [5, 10]


@pytest.mark.parametrize("fact", FACTS)
def test_nothing_is_marked_when_nobody_asks_about_the_fact(world, fact):
    world.listing(world.sku(10, season="AW26"))
    publish(("season", "in", ["AW26"]))
    settle()
    FACTS[fact][3](world)
    marked()
    apply_clock()
    assert marked() == set()


def test_a_link_that_ends_takes_the_warehouse_away(world):
    sku = world.sku(10)
    world.listing(sku)
    publish(("shop_warehouses", "any", [world.functional.warehouse.code]), fixed=3)
    settle()
    by_sql(SupplyLink, active=False)
    marked()
    apply_clock()
    assert marked() == {sku.code}


def by_admin(world, client):
    url = reverse("admin:inventory_pool_change", args=[world.pool.pk])
    form = read_form(client.get(url).content.decode(), "pool_form")
    answer = client.post(url, {**form, "business_line": "retail"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors


def by_document(_world, _client):
    GoodsStatusFactory(code="good")
    rows = [row | {"business_line": "retail"} for row in dump_network()["pools"]]
    load_network({"version": 1, "pools": rows}, actor="t")


def test_a_share_from_a_sheet_moves_the_number(world):
    pool, listing = PoolFactory(code="OTHER"), world.listing(world.sku(10))
    publish(("shop_pools", "any", ["OTHER"]), fixed=3)
    settle()
    assert world.target(listing).wanted == 10
    load("shares", xlsx(["Dispatch pool", "Shop", "Ratio (%)"], [pool.code, world.shop.code, 50]))
    apply_clock()
    settle()
    assert world.target(listing).wanted == 3


@pytest.mark.parametrize("door", [by_admin, by_document])
def test_a_business_line_moves_the_number_whichever_door_it_comes_by(world, admin_client, door):
    listing = world.listing(world.sku(10))
    publish(("shop_business_lines", "any", ["retail"]), fixed=3)
    settle()
    assert world.target(listing).wanted == 10
    door(world, admin_client)
    apply_clock()
    settle()
    assert world.target(listing).wanted == 3
