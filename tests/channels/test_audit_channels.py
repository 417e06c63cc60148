"""The audit of reservations, dedicated units, shop quantities and published versions."""

import pytest
from django.utils import timezone

from channels.models import DedicatedUnits, DedicatedUse, ListingTarget, Reservation
from channels.reservations.actions import confirm_reservations, release_reservations, reserve
from channels.reservations.audit import settle_dedicated
from channels.reservations.rules import Basis, LineRequest, ReservationRequest
from channels.sync.audit import send_anew
from core.audit.actions import repair_violations
from core.audit.checks import all_checks
from core.audit.selectors import find_repairable
from inventory.ledger.actions import Movement, post_movements
from inventory.models import DirtySku, Hold, Pool, StockRow
from tests.channels.small_world import settle
from tests.core.audits import audit, corrupt, drop, find, found, no_second_look
from tests.factories import BundleComponentFactory, DedicatedUnitsFactory, FunctionalWarehouseFactory, SkuFactory
from tests.factories import SupplyLinkFactory as LinkFactory

__all__ = ["no_second_look"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_second_look")]
LINES, CLOSED, DEDICATED = "reservation-holds", "closed-reservations", "dedicated-units"
QUANTITIES, VERSIONS = "shop-quantities", "published-versions"


def book(world, *lines, key="k1", **options):
    requested = tuple(LineRequest(sku.code, quantity) for sku, quantity in lines)
    (result,) = reserve([ReservationRequest("me", key, world.shop.code, requested, actor="ann", **options)])
    assert result.error is None
    return Reservation.objects.get(pk=result.reservation_id)


def repair(name):
    check = all_checks()[name]
    return repair_violations(check, find_repairable(check), actor="ann")


def place(world, reservation):
    return f"#{reservation.pk} {world.shop.code} {reservation.key}"


# Reservations


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


# Shop quantities


def test_a_stored_quantity_that_differs(world):
    sku = world.sku(9, code="COAT")
    settle()
    corrupt("UPDATE channels_shopquantity SET quantity = 12")
    assert find(QUANTITIES) == [
        (
            f"COAT @ {world.shop.code}",
            "The stored shop quantity is 12, the computed one 9.",
            "Compute it anew and publish the change.",
        )
    ]
    assert repair(QUANTITIES) == 1
    assert world.quantity(sku) == 9
    assert found() == set()


def test_a_quantity_that_is_missing(world):
    world.sku(9)
    settle()
    corrupt("DELETE FROM channels_shopquantity")
    assert len(find(QUANTITIES)) == 1


def test_what_waits_to_be_computed_may_differ(world):
    sku, bundle = world.sku(9), SkuFactory()
    BundleComponentFactory(bundle=bundle, component=sku)
    settle()
    world.receive(sku, 3)
    assert find(QUANTITIES) == []
    DirtySku.objects.all().delete()
    assert len(find(QUANTITIES)) == 2


def test_a_pool_that_has_just_closed_may_differ_until_somebody_looks(world):
    world.sku(9)
    settle()
    Pool.objects.update(ends_at=timezone.now())
    DirtySku.objects.all().delete()
    assert find(QUANTITIES) == []
    Pool.objects.update(window_open=False)
    assert len(find(QUANTITIES)) == 1


# Published versions


@pytest.fixture
def target(world):
    world.listing(world.sku(9), code="item-1")
    settle()
    ListingTarget.objects.update(published_version=1, published_quantity=9, state="published")
    assert found() == set()
    return ListingTarget.objects.get()


def test_a_published_version_that_is_ahead(world, target):
    drop("channels_listingtarget", "target_published_version_within_version")
    corrupt("UPDATE channels_listingtarget SET published_version = 7")
    assert find(VERSIONS) == [
        (
            f"{world.shop.code} / item-1",
            "Version 7 counts as published, but the newest is 1.",
            "Send the number 9 with the next version.",
        )
    ]
    assert repair(VERSIONS) == 1
    target.refresh_from_db()
    assert (target.version, target.published_version, target.state) == (8, 7, "pending")
    assert find(VERSIONS) == []


def test_a_published_number_that_is_another(target):
    corrupt("UPDATE channels_listingtarget SET published_quantity = 3")
    assert "3 counts as published" in find(VERSIONS)[0][1]
    assert repair(VERSIONS) == 1
    target.refresh_from_db()
    assert (target.version, target.published_version, target.state) == (2, 1, "pending")
    assert send_anew([target.pk]) == 0
    assert found() == set()


def test_one_repair_may_be_what_another_waits_for(world):
    sku = world.sku(9)
    settle()
    book(world, (sku, 4), key="closed")
    book(world, (sku, 3), key="open")
    Reservation.objects.filter(key="closed").update(state="released", closed_at=timezone.now())
    corrupt("UPDATE inventory_stockrow SET allocated = 2, on_hand = 5")
    assert [proposal for *_rest, proposal in find("allocated-is-holds")] == [""]
    output, code = audit("--repair", "--yes")
    assert code == 0, output
    row = StockRow.objects.get()
    assert (row.on_hand, row.allocated) == (5, 3)


def test_everything_at_once_is_repaired_in_one_go(world):
    sku = world.sku(20)
    world.listing(sku)
    settle()
    book(world, (sku, 4))
    settle()
    Reservation.objects.update(state="released", closed_at=timezone.now())
    corrupt(
        "UPDATE inventory_stockrow SET on_hand = 22, allocated = 9",
        "UPDATE channels_shopquantity SET quantity = 1",
    )
    output, code = audit("--repair", "--yes")
    assert code == 0, output
    row = StockRow.objects.get()
    assert (row.on_hand, row.allocated) == (22, 0)
