"""The explanation names the strategy that decides a pool, and tells the settings that count."""

import pytest
from django.utils import timezone

from channels.explain.selectors import explain_number
from channels.models import ShopVelocity
from inventory.models import Pool
from tests.channels.allocation.world import one_of, publish
from tests.channels.small_world import settle, small_world
from tests.factories import ShareFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    world = small_world()
    ShareFactory(pool=world.pool, shop__code="ZZ", ratio=60, priority=2)
    return world


def test_a_pool_names_the_version_that_decides_it_and_since_when(world):
    world.sku(100, code="COAT")
    action = {"mode": "priority", "scarcity_at": 200, "shares": [{"shop": "ZZ", "ratio": 30, "priority": 0}]}
    version = publish("WINTER", action, one_of("sku", "COAT"))
    before = explain_number("ZZ", "COAT", timezone.now())
    assert before.pools[0].strategy.since is None
    settle()
    told = explain_number("ZZ", "COAT", timezone.now())
    (pool,) = told.pools
    assert (pool.strategy.version_id, pool.strategy.code, pool.strategy.number) == (version.pk, "WINTER", 1)
    assert pool.strategy.clause == (
        "share by priority: ZZ 30% with priority 0; all to the first shop when 200 or fewer are left"
    )
    assert version.published_at < pool.strategy.since <= timezone.now()
    assert (pool.mode, pool.mode_name) == ("priority", "Channel first: by priority, one after another")
    assert (pool.scarcity_at, pool.scarce) == (200, True)
    assert [(share.shop, share.ratio, share.quantity) for share in pool.shares] == [
        ("ZZ", "30", 100),
        (world.shop.code, "100", 0),
    ]
    assert pool.shares[0].sentence == "The pool holds 100, no more than 200: all 100 go to the first shop, ZZ."
    assert told.strategies_matched == ["WINTER v1"]


def test_a_pool_that_no_strategy_decides_tells_its_own_settings(world):
    world.sku(100, code="COAT")
    publish("WINTER", {"mode": "priority"}, one_of("sku", "SCARF"))
    told = explain_number("ZZ", "COAT", timezone.now())
    assert (told.pools[0].strategy, told.pools[0].mode, told.strategies_matched) == (None, "shared", [])


def test_demand_tells_what_the_shops_sold(world):
    coat = world.sku(100, code="COAT")
    Pool.objects.update(mode=Pool.Mode.DEMAND)

    def sentences():
        return [share.sentence for share in explain_number("ZZ", "COAT", timezone.now()).pools[0].shares]

    assert sentences()[1] == (
        "None of the shops has sold any in 30 days, so they divide 100 of 100 by their ratios; ZZ with 60% gets 37."
    )
    ShopVelocity.objects.create(sku=coat, shop=world.shop, units_30=3)
    ShopVelocity.objects.create(sku=coat, shop=world.pool.shares.get(ratio=60).shop, units_30=1)
    assert sentences()[1] == ("The shops divide 100 of 100 by what they sold in 30 days; ZZ with 1 of 4 gets 25.")
    world.pool.shares.filter(ratio=60).update(ratio=0)
    assert sentences()[1] == "The ratio of ZZ is 0, so it gets nothing."


def test_the_page_shows_the_strategy(world, admin_client):
    world.sku(100, code="COAT")
    publish("WINTER", {"mode": "demand"})
    settle()
    page = admin_client.get("/admin/why/number/ZZ/COAT/").content.decode()
    assert 'data-strategy="WINTER"' in page
    assert "split by demand" in page
