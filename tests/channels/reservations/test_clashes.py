"""Verbs that meet others on their locks: they wait for each other, and who must give way tries again."""

import pytest
from django.db import DatabaseError, OperationalError, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

from channels.models import DedicatedUnits, Reservation
from channels.reservations.actions import release_reservations, reseat_holds, retrying
from channels.reservations.actions.retrying import TRIES, run_retrying
from channels.shops.actions import mark_dedicated_units, save_dedicated_units
from inventory.ledger.actions.marks import mark_skus
from inventory.models import Hold
from tests.channels.reservations.asking import STOCK, Rows, free, receive, seats, take
from tests.channels.reservations.clashing import holding
from tests.channels.small_world import small_world
from tests.factories import DedicatedUnitsFactory, SkuFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr("core.queue._nudge", lambda *_args: None)


@pytest.fixture
def one_try(monkeypatch):
    """Who must give way fails at once, so that only the order of the locks can keep the peace."""
    monkeypatch.setattr(retrying, "TRIES", 1)


def clash(cause=DeadlockDetected):
    fault = OperationalError()
    fault.__cause__ = cause()
    return fault


class Clashing:
    """Work that clashes so many times."""

    def __init__(self, times, cause=DeadlockDetected):
        self.left, self.cause, self.done = times, cause, 0

    def __call__(self):
        self.done += 1
        if self.left:
            self.left -= 1
            raise clash(self.cause)
        return "done"


def test_what_clashes_is_done_again():
    work = Clashing(TRIES - 1)
    assert run_retrying(work) == "done"
    assert work.done == TRIES


@pytest.mark.parametrize(("work", "done"), [(Clashing(TRIES), TRIES), (Clashing(1, LockNotAvailable), 1)])
def test_in_the_end_and_for_other_faults_it_fails(work, done):
    with pytest.raises(OperationalError):
        run_retrying(work)
    assert work.done == done


def test_inside_a_callers_transaction_it_is_the_callers_to_try_again():
    work = Clashing(1)
    with pytest.raises(DatabaseError), transaction.atomic():
        run_retrying(work)
    assert work.done == 1


def test_an_end_locks_dedicated_units_before_it_marks(one_try):
    world = small_world()
    sku = world.sku(10)
    own = DedicatedUnitsFactory(pool=world.pool, shop=world.shop, sku=sku, quantity=5)
    made = take(world.shop, (sku, 3))
    with holding() as start:
        # As a sale does: the dedicated units, then the mark.
        DedicatedUnits.objects.select_for_update().get(pk=own.pk)
        start(release_reservations, [made], actor="t")
        mark_skus([sku.pk])
    assert Reservation.objects.get(pk=made).closed_at is not None
    assert DedicatedUnits.objects.get(pk=own.pk).consumed == 0


def test_an_edit_locks_dedicated_units_before_it_marks():
    world = small_world()
    sku = world.sku(10)
    own = DedicatedUnitsFactory(pool=world.pool, shop=world.shop, sku=sku, quantity=5)

    def edit():
        with transaction.atomic():
            mark_dedicated_units([own.pk])
            DedicatedUnits.objects.filter(pk=own.pk).update(quantity=6)

    with holding() as start:
        DedicatedUnits.objects.select_for_update().get(pk=own.pk)
        start(edit)
        mark_skus([sku.pk])
    assert DedicatedUnits.objects.get(pk=own.pk).quantity == 6


def test_an_import_locks_dedicated_units_in_the_order_of_sales():
    world = small_world()
    first, second = (
        DedicatedUnitsFactory(pool=world.pool, shop=world.shop, sku=world.sku(10), quantity=5) for _ in range(2)
    )
    rows = [
        {"id": own.pk, "pool_id": own.pool_id, "shop_id": own.shop_id, "sku_id": own.sku_id, "quantity": 6}
        for own in (second, first)
    ]
    with holding() as start:
        DedicatedUnits.objects.select_for_update().get(pk=first.pk)
        start(save_dedicated_units, rows, actor="t")
        DedicatedUnits.objects.select_for_update().get(pk=second.pk)
    assert list(DedicatedUnits.objects.values_list("quantity", flat=True)) == [6, 6]


def test_an_end_gives_way_to_an_edit_that_marks_twice_and_tries_again():
    world = small_world()
    low, high = sorted((world.sku(5), world.sku(5)), key=lambda sku: sku.pk)
    made = take(world.shop, (low, 1), (high, 1))
    with holding() as start:
        mark_skus([high.pk])
        start(release_reservations, [made], actor="t")  # has marked the low one, waits for the high one
        mark_skus([low.pk])
    assert Reservation.objects.get(pk=made).state == "released"
    assert [free(world.functional.code, sku) for sku in (low, high)] == [5, 5]


def test_reseating_gives_way_and_tries_again():
    rows = Rows("own", "both")
    rows.shop("both")
    shop = rows.shop("own", "both")
    low, high = SkuFactory(), SkuFactory()
    for sku in (low, high):
        receive("both", sku, 2)
    made = [take(shop, (sku, 2), check=STOCK) for sku in (low, high)]
    for sku in (low, high):
        receive("own", sku, 2)
    with holding() as start:
        mark_skus([high.pk])
        start(reseat_holds)
        mark_skus([low.pk])
    assert [seats(one) for one in made] == [{"own": 2}, {"own": 2}]
    assert Hold.objects.filter(closed_at=None).count() == 2
