"""What beat sends: expiry, re-seating and backorders, each on the queue `stock`."""

from datetime import timedelta

import pytest
from django.utils import timezone

from channels.models import Reservation, Shortage
from channels.reservations import tasks
from channels.reservations.actions.shortages import backorder_shortages
from config.celery import app
from inventory.models import StockRow
from tests.channels.reservations.shortage_world import short_world
from tests.factories import FunctionalWarehouseFactory, SupplyLinkFactory

pytestmark = pytest.mark.django_db
NAMES = ("expire_reservations", "reseat_holds", "retry_backorders")


@pytest.fixture
def world():
    return short_world()


@pytest.mark.parametrize("name", NAMES)
def test_beat_sends_it_to_a_worker_of_stock(name):
    task = f"channels.reservations.tasks.{name}"
    app.loader.import_default_modules()
    assert task in app.tasks
    (entry,) = [entry for entry in app.conf.beat_schedule.values() if entry["task"] == task]
    assert entry["options"] == {"queue": "stock", "expires": entry["schedule"]}
    assert app.amqp.router.route({}, task)["queue"].name == "stock"


def test_what_is_over_gives_its_units_back(world):
    over, held = (world.sell(key, ("COAT", 1), expires_in=60).reservation_id for key in "ab")
    Reservation.objects.filter(pk=over).update(expires_at=timezone.now() - timedelta(seconds=1))
    tasks.expire_reservations()
    assert dict(Reservation.objects.values_list("pk", "state")) == {over: "expired", held: "held"}
    assert StockRow.objects.get(functional=world.home).allocated == 1


def test_a_hold_goes_to_a_row_that_fewer_pools_share(world):
    SupplyLinkFactory(supply=world.other_pool.supplies.get(), functional=world.home)  # now shared by two pools
    quiet = SupplyLinkFactory(supply=world.pool.supplies.get(), functional=FunctionalWarehouseFactory()).functional
    world.sell("1", ("COAT", 2))
    world.receive(quiet, "COAT", 5)
    tasks.reseat_holds()
    assert StockRow.objects.get(functional=quiet).allocated == 2
    assert StockRow.objects.get(functional=world.home).allocated == 0


def test_a_backorder_is_served_when_stock_has_come(world):
    shortage = world.shortage("1", ("COAT", 5))
    backorder_shortages([shortage.pk], actor="ann")
    tasks.retry_backorders()
    assert Shortage.objects.get().state == "backorder"
    world.receive(world.home, "COAT", 2)
    tasks.retry_backorders()
    assert Shortage.objects.get().state == "reserved"
