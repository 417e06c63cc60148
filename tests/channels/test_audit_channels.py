"""The audit of shop quantities and published versions, and repairs of everything at once."""

import pytest
from django.utils import timezone

from channels.models import ListingTarget, Reservation
from channels.sync.audit import send_anew
from inventory.models import DirtySku, Pool, StockRow
from tests.channels.audit_steps import book, repair
from tests.channels.small_world import settle
from tests.core.audits import audit, corrupt, drop, find, found, no_second_look
from tests.factories import BundleComponentFactory, SkuFactory

__all__ = ["no_second_look"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_second_look")]
QUANTITIES, VERSIONS = "shop-quantities", "published-versions"


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
