"""What is consumed of dedicated units: sales count it, nobody else does, and a wrong count stops nothing."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from channels.models import DedicatedUnits, Reservation
from channels.network.actions import load_network
from channels.network.selectors import dump_network
from channels.reservations.actions import expire_reservations, release_reservations
from core.errors import InvalidInput
from inventory.models import StockRow
from tests.channels.reservations.asking import free, take
from tests.channels.reservations.clashing import holding
from tests.channels.small_world import small_world
from tests.channels.test_admin_marks import post_form
from tests.factories import DedicatedUnitsFactory

pytestmark = pytest.mark.django_db
LATER = timedelta(hours=1)


@pytest.fixture
def sku(world):
    return world.sku(10)


@pytest.fixture
def own(world, sku):
    return DedicatedUnitsFactory(pool=world.pool, shop=world.shop, sku=sku, quantity=5)


def consumed(own):
    return DedicatedUnits.objects.get(pk=own.pk).consumed


def states(*ids):
    return [Reservation.objects.get(pk=pk).state for pk in ids]


@pytest.mark.parametrize("left", [0, 2])
def test_a_count_that_is_too_low_keeps_no_units(world, sku, own, left):
    made = take(world.shop, (sku, 3), expires_in=60)
    DedicatedUnits.objects.update(consumed=left)
    assert release_reservations([made], actor="t") == [made]
    assert consumed(own) == 0
    assert free(world.functional.code, sku) == 10


def test_one_that_cant_expire_is_told_of_and_keeps_no_other(world, sku, caplog):
    broken = world.sku(10)
    bad = take(world.shop, (broken, 3), expires_in=60)
    good = [take(world.shop, (sku, 1), expires_in=60 + at) for at in range(2)]
    StockRow.objects.filter(sku=broken).update(allocated=0)  # so that the rows' own rule forbids giving them back
    with caplog.at_level(logging.ERROR):
        assert expire_reservations(timezone.now() + LATER) == 2
    assert states(bad, *good) == ["held", "expired", "expired"]
    assert [record.getMessage() for record in caplog.records] == [f"Reservation {bad} can't expire"]
    StockRow.objects.filter(sku=broken).update(allocated=3)
    assert expire_reservations(timezone.now() + LATER) == 1


@pytest.mark.django_db(transaction=True)
def test_the_form_keeps_what_is_consumed_while_it_is_saved(admin_client, monkeypatch):
    monkeypatch.setattr("core.queue._nudge", lambda *_args: None)
    world = small_world()
    sku = world.sku(10)
    own = DedicatedUnitsFactory(pool=world.pool, shop=world.shop, sku=sku, quantity=5)
    with holding() as start:
        take(world.shop, (sku, 3))
        start(post_form, admin_client, own, quantity=6)
    own.refresh_from_db()
    assert (own.quantity, own.consumed) == (6, 3)


def test_a_document_leaves_what_is_consumed_unless_it_says_it(world, sku, own):
    take(world.shop, (sku, 3))
    row = {"pool": world.pool.code, "shop": world.shop.code, "sku": sku.code, "quantity": 6}
    load_network({"dedicated": [row]}, actor="t")
    own.refresh_from_db()
    assert (own.quantity, own.consumed) == (6, 3)
    assert dump_network()["dedicated"] == [row | {"consumed": 3}]
    with pytest.raises(InvalidInput, match="3 is above the quantity of 2"):
        load_network({"dedicated": [row | {"quantity": 2}]}, actor="t")
    load_network({"dedicated": [row | {"consumed": 4}]}, actor="t")
    assert consumed(own) == 4
