"""What happens to others while a reservation waits for its rows, and what it must not conclude from it."""

import time
from concurrent.futures import Future
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from channels.cascade import networks
from channels.reservations.actions import release_reservations, reserve
from inventory.ledger.actions import Movement, post_movements
from inventory.models import Hold, Pool, StockRow
from tests.channels.reservations.asking import STOCK, ask, receive, short_of
from tests.channels.small_world import small_world
from tests.factories import (
    BundleComponentFactory,
    FunctionalWarehouseFactory,
    GoodsStatusFactory,
    PoolFactory,
    ShareFactory,
    SkuFactory,
    SupplyFactory,
    SupplyLinkFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)
WAITING = 0.7


def begin(work, *args, **kwargs):
    """Run in a thread with a connection of its own."""
    future = Future()

    def run():
        try:
            future.set_result(work(*args, **kwargs))
        except BaseException as fault:  # noqa: BLE001 - the test gets it
            future.set_exception(fault)
        finally:
            connection.close()

    Thread(target=run).start()
    return future


def test_twins_that_wait_for_the_same_row_get_the_same_answer():
    world = small_world()
    sku = world.sku(1)
    request = ask(world.shop, (sku, 1))
    with transaction.atomic():
        StockRow.objects.select_for_update().get(sku=sku)
        twins = [begin(reserve, [request]) for _ in range(2)]
        time.sleep(WAITING)
    (one,), (other,) = (twin.result(15) for twin in twins)
    assert one.error is None
    assert one.answer == other.answer
    assert {one.replayed, other.replayed} == {True, False}


def test_eight_copies_of_a_request_for_the_last_unit_all_have_it():
    world = small_world()
    for _ in range(5):
        sku = world.sku(1)
        request, line = ask(world.shop, (sku, 1)), Barrier(8)

        def copy(request=request, line=line):
            connection.ensure_connection()
            line.wait()
            return reserve([request])[0]

        answers = {future.result(15).answer for future in [begin(copy) for _ in range(8)]}
        assert len(answers) == 1
        assert answers != {b""}


def test_units_that_move_to_a_new_row_meanwhile_are_found_there():
    world = small_world()
    sku = world.sku(5)
    status = GoodsStatusFactory(code="staging")
    other = FunctionalWarehouseFactory(warehouse=world.functional.warehouse, status=status)
    SupplyLinkFactory(supply=world.supply, functional=other)
    change = Movement(world.functional.code, sku.code, "status_change", 5, to_functional=other.code)
    with transaction.atomic():
        post_movements([change], actor="t")
        waiting = begin(reserve, [ask(world.shop, (sku, 5))])
        time.sleep(WAITING)
    (result,) = waiting.result(15)
    assert result.error is None, short_of(result)


def test_a_hold_on_a_row_that_is_new_stays_there():
    a = SupplyLinkFactory(functional=FunctionalWarehouseFactory(code="A"))
    b = SupplyLinkFactory(functional=FunctionalWarehouseFactory(code="B"))
    c = SupplyLinkFactory(functional=FunctionalWarehouseFactory(code="C"))
    picky = ShareFactory(pool=PoolFactory(supplies=[a.supply, b.supply])).shop
    easy = ShareFactory(pool=PoolFactory(supplies=[b.supply, c.supply])).shop
    sku = SkuFactory()
    receive("A", sku, 1)
    receive("C", sku, 5)
    with transaction.atomic():
        StockRow.objects.select_for_update().get(sku=sku, functional__code="A")
        waiting = begin(reserve, [ask(picky, (sku, 6), check=STOCK)])
        time.sleep(WAITING)
        # The row on B comes into being, and is held, while the other waits for A.
        begin(receive, "B", sku, 5).result(15)
        held = begin(reserve, [ask(easy, (sku, 5), check=STOCK)])
        time.sleep(WAITING)
    (result,), (sale,) = waiting.result(15), held.result(15)
    assert sale.error is None
    release_reservations([sale.reservation_id], actor="t")
    if result.error is None:
        release_reservations([result.reservation_id], actor="t")
    assert not Hold.objects.filter(closed_at=None).exists()
    assert set(StockRow.objects.values_list("allocated", flat=True)) == {0}


def test_a_bundle_that_once_had_stock_itself_is_booked_as_its_components():
    world = small_world()
    bundle = world.sku(3)
    world.issue(bundle, 3)
    BundleComponentFactory(bundle=bundle, component=world.sku(10), quantity=2)
    (result,) = reserve([ask(world.shop, (bundle, 1))])
    assert result.error is None, short_of(result)


def test_a_network_that_changes_while_it_is_read_is_read_again(monkeypatch):
    place = FunctionalWarehouseFactory()
    first, second = SupplyFactory(), SupplyFactory()
    one = SupplyLinkFactory(supply=first, functional=place, active=False)
    other = SupplyLinkFactory(supply=second, functional=place)
    pool = PoolFactory(supplies=[second])
    shop = ShareFactory(pool=pool).shop
    sku = SkuFactory()
    receive(place.code, sku, 10)
    networks._KEPT.clear()

    def edit():
        """At every moment the shop has 10 units: the pool goes from one supply warehouse to the other."""
        with transaction.atomic():
            Pool.objects.get(pk=pool.pk).supplies.set([first])
            other.active, one.active = False, True
            other.save()
            one.save()

    import inventory.supply.selectors as reads

    load_pools = reads._load_pools
    edits = [edit]

    def torn(*args):
        if edits:
            begin(edits.pop()).result(15)
        return load_pools(*args)

    monkeypatch.setattr(reads, "_load_pools", torn)
    (result,) = reserve([ask(shop, (sku, 1))])
    assert result.error is None
