"""Keys, and how reservations end: exactly once, whoever else is at it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from channels.models import DedicatedUnits, Reservation
from channels.reservations.actions import (
    confirm_reservations,
    expire_reservations,
    extend_reservations,
    release_reservations,
    reserve,
)
from inventory.ledger.actions import expire_holds
from inventory.models import Hold
from tests.channels.reservations.asking import STOCK, ask, free, seats, snapshot, take
from tests.channels.small_world import small_world
from tests.factories import DedicatedUnitsFactory

pytestmark = pytest.mark.django_db


def state(reservation):
    return Reservation.objects.get(pk=reservation).state


def test_the_same_key_and_content_gets_the_first_answer_word_for_word(world):
    sku = world.sku(5)
    request = ask(world.shop, (sku, 5), expires_in=60, reference="cart")
    (first,) = reserve([request])
    before = snapshot()
    (again,) = reserve([request])
    assert (again.replayed, again.answer, again.reservation_id) == (True, first.answer, first.reservation_id)
    assert not first.replayed
    assert snapshot() == before
    release_reservations([first.reservation_id], actor="t")
    assert reserve([request])[0].answer == first.answer
    assert free(world.functional.code, sku) == 5


def test_two_of_one_key_in_a_batch_book_once(world):
    sku = world.sku(5)
    request = ask(world.shop, (sku, 3))
    first, again = reserve([request, request])
    assert (again.replayed, again.answer) == (True, first.answer)
    assert free(world.functional.code, sku) == 2


@pytest.mark.parametrize(
    "change", [{"partial": True}, {"check": STOCK}, {"expires_in": 61}, {"reference": "other"}, {"lines": 4}]
)
def test_the_same_key_with_other_content_is_a_conflict(world, change):
    sku = world.sku(9)
    request = ask(world.shop, (sku, 3), expires_in=60)
    reserve([request])
    before = snapshot()
    if "lines" in change:
        change = {"lines": (request.lines[0]._replace(quantity=4),)}
    (other,) = reserve([request._replace(**change)])
    assert type(other.error).__name__ == "Conflict"
    assert (other.answer, other.replayed) == (b"", False)
    assert snapshot() == before


def test_the_first_answer_comes_again_whatever_else_the_batch_asks_under_its_key(world):
    sku = world.sku(9)
    request = ask(world.shop, (sku, 3))
    (first,) = reserve([request])
    other, again = reserve([request._replace(partial=True), request])
    assert type(other.error).__name__ == "Conflict"
    assert (again.error, again.replayed, again.answer) == (None, True, first.answer)


def test_a_key_belongs_to_its_caller(world):
    sku = world.sku(9)
    request = ask(world.shop, (sku, 3))
    one, other = reserve([request, request._replace(caller="somebody else")])
    assert not other.replayed
    assert one.reservation_id != other.reservation_id


def test_a_key_that_was_refused_is_still_free(world):
    sku = world.sku(1)
    request = ask(world.shop, (sku, 2))
    assert reserve([request])[0].error is not None
    fewer = request._replace(lines=(request.lines[0]._replace(quantity=1),))
    assert reserve([fewer])[0].error is None


def test_a_release_gives_the_units_back_once(world):
    sku = world.sku(5)
    one, other = take(world.shop, (sku, 2)), take(world.shop, (sku, 2))
    assert release_reservations([one, one, 10**9], actor="ann") == [one]
    assert release_reservations([one], actor="t") == []
    assert (state(one), state(other), free(world.functional.code, sku)) == ("released", "held", 3)
    hold = Hold.objects.get(source_id=one)
    assert (hold.outcome, hold.closed_by) == ("released", "ann")
    reservation = Reservation.objects.get(pk=one)
    assert reservation.closed_at is not None
    assert reservation.closed_by == "ann"


def test_a_confirmed_reservation_holds_for_its_order_and_never_expires(world):
    sku = world.sku(5)
    one = take(world.shop, (sku, 2), expires_in=60)
    assert confirm_reservations([one], reference="order 5") == [one]
    assert confirm_reservations([one], reference="order 6") == []
    assert extend_reservations([one], expires_in=60) == []
    assert expire_reservations(timezone.now() + timedelta(days=1)) == 0
    hold = Hold.objects.get(closed_at=None)
    assert (hold.kind, hold.reference, hold.provisional, state(one)) == ("order", "order 5", True, "confirmed")
    assert release_reservations([one], actor="t") == [one]
    assert free(world.functional.code, sku) == 5


def test_what_has_ended_can_neither_be_extended_nor_confirmed(world):
    sku = world.sku(5)
    one = take(world.shop, (sku, 2), expires_in=60)
    assert expire_reservations(timezone.now() + timedelta(seconds=61)) == 1
    assert extend_reservations([one], expires_in=60) == []
    assert confirm_reservations([one], reference="order") == []
    assert release_reservations([one], actor="t") == []
    assert (state(one), free(world.functional.code, sku)) == ("expired", 5)
    assert Hold.objects.get().outcome == "expired"


def test_an_extension_moves_the_end(world):
    sku = world.sku(5)
    one, other = take(world.shop, (sku, 2), expires_in=60), take(world.shop, (sku, 1), expires_in=60)
    assert extend_reservations([one], expires_in=600) == [one]
    assert expire_reservations(timezone.now() + timedelta(seconds=300)) == 1
    assert (state(one), state(other)) == ("held", "expired")
    assert extend_reservations([one], expires_in=None) == [one]
    assert expire_reservations(timezone.now() + timedelta(days=365)) == 0


def test_a_reservation_ends_at_its_moment_and_not_before(world):
    one = take(world.shop, (world.sku(5), 2), expires_in=60)
    over = Reservation.objects.get(pk=one).expires_at
    assert expire_reservations(over - timedelta(microseconds=1)) == 0
    assert expire_reservations(over) == 1


def test_the_expiry_of_manual_holds_leaves_reservations_alone(world):
    one = take(world.shop, (world.sku(5), 2), expires_in=60)
    assert expire_holds(timezone.now() + timedelta(days=1)) == 0
    assert seats(one) == {world.functional.code: 2}


@pytest.mark.django_db(transaction=True)
def test_two_expirers_and_a_release_give_back_once(monkeypatch):
    monkeypatch.setattr("core.queue._nudge", lambda *_args: None)
    world = small_world()
    sku = world.sku(40)
    own = DedicatedUnitsFactory(pool=world.pool, shop=world.shop, sku=sku, quantity=40)
    ids = [take(world.shop, (sku, 1), expires_in=60) for _ in range(40)]
    later, start = timezone.now() + timedelta(seconds=61), Barrier(3)

    def together(verb, *args, **fields):
        try:
            start.wait(timeout=10)
            return verb(*args, **fields)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        expirers = [pool.submit(together, expire_reservations, later) for _ in range(2)]
        released = pool.submit(together, release_reservations, ids[::-1], actor="t")
        ended = sum(done.result(timeout=60) for done in expirers) + len(released.result(timeout=60))
    assert ended == len(ids)
    assert free(world.functional.code, sku) == 40
    assert DedicatedUnits.objects.get(pk=own.pk).consumed == 0
    assert not own.uses.filter(returned_at=None).exists()
    assert set(Reservation.objects.values_list("state", flat=True)) <= {"expired", "released"}
