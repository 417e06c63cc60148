"""What a request is granted or refused, and why."""

import pytest

from channels.models import DedicatedUnits, Reservation, Shop, Shortage
from channels.reservations.actions import release_reservations, reserve
from channels.reservations.rules import Basis
from inventory.models import DirtySku, FunctionalWarehouse, Hold, Pool, SupplyLink, WaitingSku
from tests.channels.reservations.asking import (
    STOCK,
    Rows,
    answer,
    ask,
    free,
    receive,
    said,
    seats,
    short,
    short_of,
    snapshot,
    take,
)
from tests.factories import BundleComponentFactory, DedicatedUnitsFactory, PoolFactory, ShareFactory, SkuFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def bundle(world):
    """A set of one coat and two scarves; 5 coats and 7 scarves."""
    coat, scarf, bundle = world.sku(5, code="COAT"), world.sku(7, code="SCARF"), SkuFactory(code="SET")
    BundleComponentFactory(bundle=bundle, component=coat, quantity=1)
    BundleComponentFactory(bundle=bundle, component=scarf, quantity=2)
    return bundle, coat, scarf


def test_units_are_held_on_a_row_and_the_answer_says_where(world):
    sku = world.sku(5, code="SHIRT")
    DirtySku.objects.all().delete()
    (result,) = reserve([ask(world.shop, (sku, 3), reference="cart 7")])
    assert said(result) == {
        "id": result.reservation_id,
        "shop": world.shop.code,
        "state": "held",
        "check": "entitlement",
        "expires_at": None,
        "reference": "cart 7",
        "lines": [
            {
                "sku": "SHIRT",
                "requested": 3,
                "reserved": 3,
                "holds": [{"functional": world.functional.code, "quantity": 3}],
            }
        ],
    }
    hold = Hold.objects.get()
    assert (hold.kind, hold.source_id, hold.line, hold.quantity) == ("reservation", result.reservation_id, 0, 3)
    assert (hold.provisional, hold.safety_used, hold.expires_at) == (True, 0, None)
    assert free(world.functional.code, sku) == 2
    assert list(WaitingSku.objects.values_list("sku_id", flat=True)) == [sku.pk]


def test_a_line_fits_the_shops_quantity_and_not_one_unit_more(world):
    sku = world.sku(10)
    world.shop.shares.update(ratio=50)
    assert short(world.shop, (sku, 6)) == [(sku.code, 6, 5)]
    take(world.shop, (sku, 5))
    assert short(world.shop, (sku, 3)) == [(sku.code, 3, 2)]


def test_stock_that_was_sold_already_fits_whatever_the_shares_say(world):
    sku = world.sku(10)
    world.shop.shares.update(ratio=0, holdback=5, cap=0)
    assert short(world.shop, (sku, 1)) == [(sku.code, 1, 0)]
    take(world.shop, (sku, 10), check=STOCK)
    assert short(world.shop, (sku, 1), check=STOCK) == [(sku.code, 1, 0)]


def test_a_bundle_is_booked_as_its_components(world, bundle):
    bundle, coat, scarf = bundle
    line = answer(world.shop, (bundle, 2))["lines"][0]
    assert (line["sku"], line["requested"], line["reserved"]) == ("SET", 2, 2)
    place = world.functional.code
    assert sorted(line["holds"], key=lambda hold: hold["sku"]) == [
        {"functional": place, "quantity": 2, "sku": "COAT"},
        {"functional": place, "quantity": 4, "sku": "SCARF"},
    ]
    assert (free(place, coat), free(place, scarf)) == (3, 3)


@pytest.mark.parametrize("check", Basis)
def test_a_bundle_and_its_component_draw_on_the_same_units(world, bundle, check):
    bundle, _coat, scarf = bundle
    assert short(world.shop, (bundle, 3), (scarf, 2), check=check) == [("SCARF", 2, 1)]
    assert short(world.shop, (scarf, 2), (bundle, 3), check=check) == [("SET", 3, 2)]
    take(world.shop, (bundle, 3), (scarf, 1), check=check)


def test_what_a_short_line_could_take_is_taken_from_the_lines_after_it(world, bundle):
    bundle, coat, scarf = bundle
    wanted = (bundle, 9), (scarf, 2), (coat, 3)
    assert short(world.shop, *wanted) == [("SET", 9, 3), ("SCARF", 2, 1), ("COAT", 3, 2)]


def test_repeated_skus_are_one_line(world):
    sku, other = world.sku(3), world.sku(3)
    lines = (sku, 2), (other, 1), (sku, 2)
    assert short(world.shop, *lines) == [(sku.code, 4, 3)]
    lines = (sku, 2), (other, 1), (sku, 1)
    said = [(line["sku"], line["requested"]) for line in answer(world.shop, *lines)["lines"]]
    assert said == [(sku.code, 3), (other.code, 1)]
    assert sorted(Hold.objects.values_list("sku", "line", "quantity")) == [(sku.pk, 0, 3), (other.pk, 1, 1)]


@pytest.mark.parametrize("check", Basis)
def test_partial_takes_what_there_is_but_not_nothing(world, check):
    some, none, plenty = world.sku(2), world.sku(), world.sku(9)
    wanted = (some, 5), (none, 1), (plenty, 3)
    said = answer(world.shop, *wanted, partial=True, check=check)["lines"]
    assert [(line["requested"], line["reserved"]) for line in said] == [(5, 2), (1, 0), (3, 3)]
    assert said[1]["holds"] == []
    refused = short(world.shop, (some, 5), (none, 1), partial=True, check=check)
    assert refused == [(some.code, 5, 0), (none.code, 1, 0)]


def test_dedicated_units_are_used_first_and_given_back_once(world):
    sku = world.sku(10)
    own = DedicatedUnitsFactory(pool=world.pool, shop=world.shop, sku=sku, quantity=4, consumed=1)
    other = ShareFactory(pool=world.pool).shop
    first = take(world.shop, (sku, 2))
    second = take(world.shop, (sku, 2), check=STOCK)
    assert DedicatedUnits.objects.get(pk=own.pk).consumed == 4
    assert list(own.uses.order_by("pk").values_list("reservation_id", "quantity")) == [(first, 2), (second, 1)]
    assert short(other, (sku, 7)) == [(sku.code, 7, 6)]
    for _ in range(2):
        release_reservations([first], actor="t")
        assert DedicatedUnits.objects.get(pk=own.pk).consumed == 2
    assert short(other, (sku, 7)) == [(sku.code, 7, 6)]
    release_reservations([second], actor="t")
    assert DedicatedUnits.objects.get(pk=own.pk).consumed == 1


def test_neither_safety_stock_nor_reserve_nor_ratio_of_a_row_is_passed(world):
    sku = world.sku(10)
    SupplyLink.objects.update(reserve=2, ratio=50)
    FunctionalWarehouse.objects.update(safety_stock=2)
    assert short(world.shop, (sku, 4)) == [(sku.code, 4, 3)]
    line = answer(world.shop, (sku, 9), check=STOCK)["lines"][0]
    assert line["holds"] == [{"functional": world.functional.code, "quantity": 9, "safety_stock": 1}]
    assert Hold.objects.get().safety_used == 1


def test_pools_that_share_stock_see_each_others_sales():
    rows = Rows("A", "B")
    one, other = rows.shop("A"), rows.shop("A", "B")
    sku = SkuFactory()
    receive("A", sku, 5)
    receive("B", sku, 1)
    take(one, (sku, 3))
    assert short(other, (sku, 4)) == [(sku.code, 4, 3)]
    take(other, (sku, 3), check=STOCK)
    assert short(one, (sku, 1)) == [(sku.code, 1, 0)]


def test_a_batch_is_served_in_its_order_and_each_request_on_its_own(world):
    sku = world.sku(5)
    requests = [
        ask(world.shop, (sku, units), check=check) for units, check in ((3, Basis.ENTITLEMENT), (3, STOCK), (2, STOCK))
    ]
    first, refused, last = reserve(requests)
    assert short_of(refused) == [(sku.code, 3, 2)]
    assert (seats(first.reservation_id), seats(last.reservation_id)) == (
        {world.functional.code: 3},
        {world.functional.code: 2},
    )


def test_nothing_asked_is_nothing_done():
    assert reserve([]) == []


def test_what_does_not_exist_is_named_and_spoils_nothing_else(world):
    sku, empty = world.sku(1), SkuFactory()
    results = reserve(
        [
            ask(world.shop, ("NOPE", 1), (sku, 1)),
            ask("NOWHERE", (sku, 1)),
            ask(world.shop, (sku, 0)),
            ask(world.shop),
            ask(world.shop, (sku, 1), check=STOCK, pool="NO-POOL"),
            ask(world.shop, (empty, 1)),
            ask(world.shop, (sku, 1)),
        ]
    )
    kinds = [type(result.error).__name__ for result in results]
    assert kinds[:4] == ["InvalidInput", "NotFound", "InvalidInput", "InvalidInput"]
    assert kinds[4] in ("InvalidInput", "NotFound")
    assert kinds[5:] == ["Conflict", "NoneType"]
    assert "NOPE" in results[0].error.errors[0].message
    assert Reservation.objects.count() == 1


@pytest.mark.parametrize("check", Basis)
def test_a_refusal_changes_nothing(world, check):
    sku, other = world.sku(5), world.sku(5)
    DedicatedUnitsFactory(pool=world.pool, shop=world.shop, sku=other, quantity=2)
    before = snapshot()
    assert short(world.shop, (other, 4), (sku, 6), check=check) == [(sku.code, 6, 5)]
    assert snapshot() == before


def test_a_shortage_waits_until_its_key_is_served(world):
    sku = world.sku(2)
    request = ask(world.shop, (sku, 3), check=STOCK, reference="order 9")
    reserve([request])
    reserve([request])
    shortage = Shortage.objects.get()
    assert (shortage.key, shortage.state, shortage.attempts, shortage.reference) == (request.key, "open", 2, "order 9")
    assert shortage.lines == [{"sku": sku.code, "wanted": 3, "available": 2}]
    world.receive(sku, 1)
    (result,) = reserve([request])
    shortage.refresh_from_db()
    assert (shortage.state, shortage.reservation_id) == ("reserved", result.reservation_id)


def test_carts_leave_no_shortage(world):
    short(world.shop, (world.sku(), 1))
    assert not Shortage.objects.exists()


def test_a_closed_shop_has_nothing_to_sell_but_keeps_what_it_sold(world):
    sku = world.sku(5)
    Shop.objects.update(active=False)
    assert short(world.shop, (sku, 1)) == [(sku.code, 1, 0)]
    take(world.shop, (sku, 5), check=STOCK)


def test_a_share_that_is_off_brings_nothing(world):
    sku = world.sku(5)
    world.shop.shares.update(active=False)
    assert short(world.shop, (sku, 1), check=STOCK) == [(sku.code, 1, 0)]


def test_a_closed_pool_brings_nothing(world):
    sku = world.sku(5)
    Pool.objects.update(active=False)
    for check in Basis:
        assert short(world.shop, (sku, 1), check=check) == [(sku.code, 1, 0)]


def test_a_person_may_name_another_pool():
    rows = Rows("A", "B")
    shop, other = rows.shop("A"), rows.shop("B")
    sku = SkuFactory()
    receive("B", sku, 2)
    pool = other.shares.get().pool.code
    assert short(shop, (sku, 1), check=STOCK) == [(sku.code, 1, 0)]
    assert seats(take(shop, (sku, 2), check=STOCK, pool=pool)) == {"B": 2}


@pytest.mark.parametrize("crowded", [False, True])
def test_units_of_another_pool_leave_the_shops_dedicated_units_alone(crowded):
    """However the units are found: as they lie, or by moving others aside."""
    rows = Rows("A", "B", "C")
    shop, other, easy = rows.shop("A"), rows.shop("B"), rows.shop("B", "C")
    sku = SkuFactory()
    receive("A", sku, 5)
    receive("B", sku, 2)
    own = DedicatedUnitsFactory(pool=shop.shares.get().pool, shop=shop, sku=sku, quantity=3)
    if crowded:
        take(easy, (sku, 2), check=STOCK)
        receive("C", sku, 2)
    take(shop, (sku, 2), check=STOCK, pool=other.shares.get().pool.code)
    assert DedicatedUnits.objects.get(pk=own.pk).consumed == 0


def test_a_shop_in_several_pools_never_sells_a_unit_twice(world):
    sku = world.sku(5)
    ShareFactory(pool=PoolFactory(supplies=[world.supply]), shop=world.shop)
    assert short(world.shop, (sku, 6)) == [(sku.code, 6, 5)]
    take(world.shop, (sku, 5))
