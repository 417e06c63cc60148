"""The audit of reservations and dedicated units."""

import pytest
from django.utils import timezone

from channels.models import DedicatedUnits, DedicatedUse, Reservation
from channels.reservations.actions import confirm_reservations, release_reservations
from channels.reservations.audit import settle_dedicated
from channels.reservations.rules import Basis
from inventory.ledger.actions import Movement, post_movements
from inventory.models import DirtySku, Hold, StockRow
from tests.channels.audit_steps import book, repair
from tests.channels.small_world import settle
from tests.core.audits import corrupt, find, found, no_second_look
from tests.factories import BundleComponentFactory, DedicatedUnitsFactory, FunctionalWarehouseFactory, SkuFactory
from tests.factories import SupplyLinkFactory as LinkFactory

__all__ = ["no_second_look"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_second_look")]
LINES, CLOSED, DEDICATED = "reservation-holds", "closed-reservations", "dedicated-units"


# Reservations


def place(world, reservation):
    return f"#{reservation.pk} {world.shop.code} {reservation.key}"


def test_reservations_of_every_kind_are_clean(world):
    coat, hat = world.sku(20, code="COAT"), world.sku(9, code="HAT")
    bundle = SkuFactory(code="SET")
    BundleComponentFactory(bundle=bundle, component=coat, quantity=2)
    BundleComponentFactory(bundle=bundle, component=hat)
    settle()
    book(world, (coat, 3), (bundle, 2), (coat, 1), key="held")
    book(world, (hat, 50), (coat, 2), key="partial", partial=True)
    confirm_reservations([book(world, (coat, 1), key="confirmed", check=Basis.STOCK).pk])
    release_reservations([book(world, (coat, 1), key="released").pk], actor="ann")
    assert Hold.objects.filter(closed_at=None).count() >= 5
    assert found() == set()


def test_seats_may_move_but_not_vanish(world):
    sku = world.sku(20, code="COAT")
    second = FunctionalWarehouseFactory()
    LinkFactory(supply=world.supply, functional=second)
    post_movements([Movement(second.code, sku.code, "receipt", 20)], actor="t")
    settle()
    reservation = book(world, (sku, 3))
    hold = Hold.objects.get()
    StockRow.objects.filter(functional=hold.functional).update(allocated=1)
    other = StockRow.objects.exclude(functional=hold.functional)
    other.update(allocated=2)
    Hold.objects.update(quantity=1)
    Hold.objects.create(
        sku=sku, functional=other.get().functional, kind="reservation", quantity=2, source_id=reservation.pk, actor="t"
    )
    assert found() == set()
    Hold.objects.filter(quantity=2).update(quantity=1)
    assert find(LINES) == [
        (
            place(world, reservation),
            "Line 1 (COAT): 3 units were promised, open holds have 2. Release the reservation and reserve anew.",
            "",
        )
    ]


def test_holds_on_another_line_or_sku_are_found(world):
    coat, hat = world.sku(9, code="COAT"), world.sku(9, code="HAT")
    settle()
    book(world, (coat, 3), (hat, 2))
    corrupt("UPDATE inventory_hold SET line = 5 WHERE quantity = 2")
    assert [words.partition(" (")[0] for _where, words, _proposal in find(LINES)] == ["Line 2", "Line 6"]
    corrupt("UPDATE inventory_hold SET line = 1 WHERE quantity = 2")
    assert find(LINES) == []
    corrupt(f"UPDATE inventory_hold SET sku_id = {coat.pk} WHERE quantity = 2")
    assert len(find(LINES)) == 1


def test_a_sku_may_get_another_code(world):
    sku = world.sku(9, code="COAT")
    settle()
    book(world, (sku, 3))
    sku.code = "JACKET"
    sku.save()
    assert find(LINES) == []


def test_an_open_reservation_without_any_hold(world):
    sku = world.sku(9)
    settle()
    reservation = book(world, (sku, 3))
    corrupt(
        "UPDATE inventory_hold SET closed_at = now(), outcome = 'released'", "UPDATE inventory_stockrow SET allocated=0"
    )
    assert [where for where, *_rest in find(LINES)] == [place(world, reservation)]


def test_a_closed_reservation_that_still_holds_lets_go(world):
    sku = world.sku(9)
    settle()
    reservation = book(world, (sku, 3))
    Reservation.objects.update(state="expired", closed_at=timezone.now())
    hold = Hold.objects.get()
    assert find(CLOSED) == [
        (
            place(world, reservation),
            f"Hold {hold.pk} of 3 units is open, but the reservation is closed.",
            f"Release hold {hold.pk} (3 units).",
        )
    ]
    assert repair(CLOSED) == 1
    hold.refresh_from_db()
    assert (hold.outcome, hold.closed_by) == ("released", "ann")
    assert StockRow.objects.get().allocated == 0
    assert found() == set()


def test_a_hold_of_no_reservation_lets_go(world):
    sku = world.sku(9)
    settle()
    book(world, (sku, 3))
    corrupt("DELETE FROM channels_reservation")
    assert "there is no such reservation" in find(CLOSED)[0][1]
    assert repair(CLOSED) == 1
    assert found() == set()


# Dedicated units


def test_dedicated_units_that_count_too_little(world):
    sku = world.sku(20, code="COAT")
    units = DedicatedUnitsFactory(pool=world.pool, shop=world.shop, sku=sku, quantity=5)
    settle()
    book(world, (sku, 4))
    assert DedicatedUse.objects.get().quantity == 4
    assert found() == set()
    DedicatedUnits.objects.update(consumed=1)
    DirtySku.objects.all().delete()
    settle_wrong = find(DEDICATED)
    assert settle_wrong == [
        (
            f"COAT @ {world.pool.code} / {world.shop.code}",
            "1 dedicated units are consumed, but open reservations use 4.",
            "Set consumed to 4.",
        )
    ]
    assert repair(DEDICATED) == 1
    units.refresh_from_db()
    assert units.consumed == 4
    assert DirtySku.objects.filter(sku=sku).exists()
    assert found() == set()
    assert settle_dedicated([units.pk]) == 0


def test_dedicated_units_of_a_closed_reservation_come_back(world):
    sku = world.sku(20)
    units = DedicatedUnitsFactory(pool=world.pool, shop=world.shop, sku=sku, quantity=9, consumed=1)
    settle()
    gone, kept = book(world, (sku, 4), key="gone"), book(world, (sku, 2), key="kept")
    release_reservations([gone.pk], actor="ann")
    DedicatedUse.objects.filter(reservation=gone).update(returned_at=None)
    DedicatedUnits.objects.update(consumed=7)
    assert [words for _where, words, _proposal in find(DEDICATED)] == [
        "Closed reservations still use 4 of 9 dedicated units."
    ]
    assert repair(DEDICATED) == 1
    units.refresh_from_db()
    assert units.consumed == 3
    assert list(DedicatedUse.objects.filter(returned_at=None).values_list("reservation", flat=True)) == [kept.pk]
    assert found() == set()


def test_more_used_than_dedicated_is_left_to_a_person(world):
    sku = world.sku(20)
    units = DedicatedUnitsFactory(pool=world.pool, shop=world.shop, sku=sku, quantity=5)
    settle()
    book(world, (sku, 4))
    DedicatedUnits.objects.update(quantity=3, consumed=0)
    assert [proposal for *_rest, proposal in find(DEDICATED)] == [""]
    assert settle_dedicated([units.pk]) == 0
