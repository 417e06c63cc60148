"""Stored numbers, entitlements and explanations follow the strategies that decide pools."""

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings

from channels.cascade.actions import claim_dirty, recompute, settle_claim
from channels.cascade.networks import find_network
from channels.cascade.selectors import compute_numbers, load_cascade, verify_numbers
from channels.models import Decision, ShopQuantity, ShopVelocity
from channels.reservations.actions import reserve
from inventory.models import DirtySku, NetworkVersion, Pool, Sku
from strategies.actions import publish_version, reorder, retire_strategy, roll_back, save_draft
from strategies.models import Strategy
from strategies.selectors import Ruleset
from tests.channels.allocation.world import build, one_of, publish
from tests.channels.networks import decided, networks
from tests.channels.oracle import Oracle
from tests.channels.reservations.asking import ask
from tests.channels.reservations.machine_networks import networks as dense
from tests.channels.small_world import settle, small_world
from tests.factories import ShareFactory

pytestmark = pytest.mark.django_db


def stored():
    rows = ShopQuantity.objects.values_list("shop__code", "sku__code", "quantity")
    return {(shop, sku): units for shop, sku, units in rows if units}


def on_record():
    """{(pool, SKU): version} of the open decisions."""
    pools, skus = dict(Pool.objects.values_list("pk", "code")), dict(Sku.objects.values_list("pk", "code"))
    rows = Decision.objects.filter(kind="allocation", until=None)
    return {(pools[row.place_id], skus[row.sku_id]): row.version_id for row in rows}


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(decided(networks()) | decided(dense()))
def test_stored_numbers_and_decisions_are_those_of_the_second_implementation(document):
    document["closed_pools"] = []
    with transaction.atomic():
        versions = build(document)
        settle()
        shown = {key: min(units, 2**31 - 1) for key, units in Oracle(document).shop.items() if units}
        assert stored() == shown
        assert on_record() == versions
        assert (verify_numbers(), recompute().numbers) == ([], 0)
        for strategy in Strategy.objects.all():
            retire_strategy(strategy, actor="t")
        settle()
        plain = Oracle(document | {"allocation": []})
        assert stored() == {key: min(units, 2**31 - 1) for key, units in plain.shop.items() if units}
        assert on_record() == {}
        transaction.set_rollback(True)


@pytest.fixture
def world():
    """A pool of 100 for the shops A, by priority first, and B."""
    world = small_world()
    share = world.pool.shares.get()
    share.ratio, share.priority = 60, 2
    share.save()
    ShareFactory(pool=world.pool, shop__code="ZZ", ratio=60, priority=1)
    return world


def test_the_first_strategy_in_order_decides_alone_and_its_times_are_kept(world):
    coat, scarf = world.sku(100, code="COAT"), world.sku(100, code="SCARF")
    settle()
    assert world.quantity(coat) == 60
    first = publish("FIRST", {"mode": "priority"}, one_of("sku", "COAT"))
    second = publish("SECOND", {"shares": [{"ratio": 10}]})
    assert set(DirtySku.objects.values_list("sku_id", flat=True)) == {coat.pk, scarf.pk}
    settle()
    assert (world.quantity(coat), world.quantity(scarf)) == (40, 10)
    assert on_record() == {(world.pool.code, "COAT"): first.pk, (world.pool.code, "SCARF"): second.pk}
    since = Decision.objects.get(sku_id=coat.pk).since

    reorder("allocation", [second.strategy_id, first.strategy_id], actor="t")
    assert list(DirtySku.objects.values_list("sku_id", flat=True)) == [coat.pk]
    settle()
    assert world.quantity(coat) == 10
    history = Decision.objects.filter(sku_id=coat.pk).order_by("since").values_list("version_id", "since", "until")
    assert [version for version, *_ in history] == [first.pk, second.pk]
    assert history[0][1] == since < history[0][2] == history[1][1]
    assert history[1][2] is None

    retire_strategy(second.strategy, actor="t")
    settle()
    assert (world.quantity(coat), world.quantity(scarf)) == (40, 60)
    assert on_record() == {(world.pool.code, "COAT"): first.pk}


def test_a_fact_that_changes_ends_a_decision(world):
    coat = world.sku(100, code="COAT")
    version = publish("FEW", {"mode": "priority"}, {"fact": "pool_quantity", "op": "le", "value": "50"})
    settle()
    assert (world.quantity(coat), on_record()) == (60, {})
    world.issue(coat, 60)
    settle()
    assert (world.quantity(coat), on_record()) == (16, {(world.pool.code, "COAT"): version.pk})
    world.receive(coat, 60)
    settle()
    assert (world.quantity(coat), on_record()) == (60, {})


def test_a_new_version_takes_the_record_over(world):
    coat = world.sku(100, code="COAT")
    one = publish("ONE", {"shares": [{"ratio": 10}]})
    settle()
    two = publish_version(
        save_draft(one.strategy, conditions={}, action={"shares": [{"ratio": 20}]}, actor="t"), actor="t"
    )
    settle()
    assert (world.quantity(coat), on_record()) == (20, {(world.pool.code, "COAT"): two.pk})
    back = roll_back(one.strategy, one, actor="t")
    settle()
    assert (world.quantity(coat), on_record()) == (10, {(world.pool.code, "COAT"): back.pk})
    assert Decision.objects.count() == 3


def test_a_computation_from_before_a_publish_writes_nothing_old(world):
    coat = world.sku(100, code="COAT")
    settle()
    world.receive(coat, 10)
    claim = claim_dirty()
    numbers = compute_numbers([coat.pk])
    version = publish("LATE", {"shares": [{"ratio": 10}]})
    settle_claim(claim, *numbers)
    DirtySku.objects.update(lease=None, leased_until=None)
    settle()
    assert (world.quantity(coat), on_record()) == (11, {(world.pool.code, "COAT"): version.pk})


def test_a_bundle_is_what_its_components_allow_and_decided_by_nobody(world):
    coat = world.sku(100, code="COAT")
    kit = world.sku(code="KIT")
    kit.components.create(component=coat, quantity=2)
    publish("ALL", {"shares": [{"ratio": 30}]})
    settle()
    recompute()
    assert (world.quantity(coat), world.quantity(kit)) == (30, 15)
    assert on_record() == {(world.pool.code, "COAT"): Decision.objects.get().version_id}


def test_records_of_pools_that_are_gone_are_closed(world):
    coat = world.sku(100, code="COAT")
    publish("ALL", {"shares": [{"ratio": 30}]})
    settle()
    Pool.objects.filter(pk=world.pool.pk).delete()
    recompute([coat.pk])
    assert not Decision.objects.filter(until=None).exists()


def test_demand_follows_what_the_shops_sold(world):
    coat = world.sku(100, code="COAT")
    world.pool.mode = Pool.Mode.DEMAND
    world.pool.save()
    recompute()
    assert world.quantity(coat) == 50
    ShopVelocity.objects.create(sku=coat, shop=world.shop, units_30=3)
    ShopVelocity.objects.create(sku=coat, shop=Pool.objects.get().shares.get(priority=1).shop, units_30=1)
    recompute()
    assert world.quantity(coat) == 75


# Reservations


def sell(shop, *lines):
    (result,) = reserve([ask(shop, *lines)])
    return result


def test_a_reservation_may_take_what_the_strategy_gives_its_shop(world):
    world.sku(100, code="COAT")
    publish("ALL", {"shares": [{"shop": world.shop.code, "ratio": 30}]}, one_of("sku", "COAT"))
    assert sell(world.shop, ("COAT", 31)).error is not None
    assert sell(world.shop, ("COAT", 30)).error is None


def test_a_reservation_sees_what_the_shops_sold(world):
    coat = world.sku(100, code="COAT")
    publish("ALL", {"mode": "demand", "shares": [{"ratio": 50}]})
    ShopVelocity.objects.create(sku=coat, shop=world.shop, units_30=3)
    assert sell(world.shop, ("COAT", 101)).error is not None
    assert sell(world.shop, ("COAT", 100)).error is None


def test_without_strategies_a_reservation_asks_for_nothing_more(world):
    world.sku(100, code="COAT")
    sell(world.shop, ("COAT", 1))
    loaded = find_network(NetworkVersion.objects.get().token)
    assert (loaded.rules, loaded.by_demand) == (None, False)


@pytest.mark.django_db(transaction=True)
def test_the_network_that_is_kept_notices_what_is_published():
    world = small_world()
    world.sku(100, code="COAT")

    def find():
        return find_network(NetworkVersion.objects.get().token)

    assert find().rules is None
    version = publish("ALL", {"mode": "demand"})
    assert find().rules.version_ids == (version.pk,)
    assert find().by_demand
    assert find() is find()
    retire_strategy(version.strategy, actor="t")
    assert (find().rules, find().by_demand) == (None, False)


def test_other_rules_than_those_in_force_can_be_tried(world):
    coat = world.sku(100, code="COAT")
    publish("ALL", {"shares": [{"ratio": 30}]})
    loaded = load_cascade([coat.pk], now=timezone.now(), rules=Ruleset("allocation", ()))
    assert loaded.network.allocation.variants == {}
    assert load_cascade([coat.pk]).network.allocation.variants
