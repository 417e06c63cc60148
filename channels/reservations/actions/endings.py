"""How reservations end, or go on: released, expired, extended, confirmed."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import DatabaseError, connection
from django.utils import timezone

from channels.reservations.actions.dedication import lock_units, return_units
from channels.reservations.actions.retrying import run_retrying
from channels.reservations.models import Reservation
from inventory.ledger.actions import close_seats, confirm_seats, lock_seats
from inventory.ledger.models import Hold

EXPIRY_BATCH = 500
CLOCK = "expiry"  # who closes a reservation whose time is over
log = logging.getLogger(__name__)

State = Reservation.State
OPEN = (State.HELD, State.CONFIRMED)


def release_reservations(ids: Collection[int], *, actor: str, states: Collection[State] = OPEN) -> list[int]:
    """Give all units back of those of these reservations that are in one of the (open) states; their ids."""
    return run_retrying(partial(_end, ids, states, State.RELEASED, actor))


def expire_reservations(now: datetime | None = None) -> int:
    """End every held reservation whose time is over at `now`, in transactions of limited size; how many ended.

    One that the database refuses to end is logged and left as it is; the others end all the same.
    """
    moment = now or timezone.now()
    over = Reservation.objects.filter(state=State.HELD, expires_at__lte=moment).order_by("expires_at", "pk")
    ended = 0
    failed: list[int] = []
    while batch := list(over.exclude(pk__in=failed).values_list("pk", flat=True)[:EXPIRY_BATCH]):
        try:
            ended += _expire(batch, moment)
        except DatabaseError:
            ended += _expire_singly(batch, moment, failed)
    return ended


def extend_reservations(ids: Collection[int], *, expires_in: int | None) -> list[int]:
    """Let held reservations expire `expires_in` seconds from now, or never; the ids of those that do.

    One that has run out but isn't swept up yet still holds its units, so it goes on as well.
    """
    return run_retrying(partial(_extend, ids, expires_in))


def confirm_reservations(ids: Collection[int], *, reference: str = "") -> list[int]:
    """Make the holds of held reservations an order's, which expire no more; the ids of those confirmed now."""
    return run_retrying(partial(_confirm, ids, reference))


def _expire(ids: Collection[int], moment: datetime) -> int:
    return len(run_retrying(partial(_end, ids, [State.HELD], State.EXPIRED, CLOCK, moment)))


def _expire_singly(ids: Sequence[int], moment: datetime, failed: list[int]) -> int:
    """Expire one by one, and add those to `failed` that can't be; how many ended."""
    ended = 0
    for pk in ids:
        try:
            ended += _expire([pk], moment)
        except DatabaseError:
            if connection.connection is None:
                raise  # the database is gone, which is no fault of the reservation
            log.exception("Reservation %s can't expire", pk)
            failed.append(pk)
    return ended


def _extend(ids: Collection[int], expires_in: int | None) -> list[int]:
    expires_at = None if expires_in is None else timezone.now() + timedelta(seconds=expires_in)
    found = _lock(ids, [State.HELD])
    Reservation.objects.filter(pk__in=found).update(expires_at=expires_at)
    return found


def _confirm(ids: Collection[int], reference: str) -> list[int]:
    lock_seats(ids)
    found = _lock(ids, [State.HELD])
    confirm_seats(found, reference=reference)
    Reservation.objects.filter(pk__in=found).update(state=State.CONFIRMED, expires_at=None)
    return found


def _end(
    ids: Collection[int], states: Collection[State], outcome: State, actor: str, due: datetime | None = None
) -> list[int]:
    """Close those of the reservations that are in one of the states, and due if a time is given."""
    lock_seats(ids)
    # Before anything is marked: who reserves has locked dedicated units by the time that it marks.
    lock_units(ids)
    ending = _lock(ids, states, due)
    if ending:
        close_seats(ending, actor=actor, outcome=Hold.Outcome(outcome.value))
        return_units(ending)
        ended = Reservation.objects.filter(pk__in=ending)
        ended.update(state=outcome, closed_at=timezone.now(), closed_by=actor)
    return ending


def _lock(ids: Collection[int], states: Collection[State], due: datetime | None = None) -> list[int]:
    """Lock the reservations that are in one of the states, in one order for everybody; their ids."""
    found = Reservation.objects.filter(pk__in=ids, state__in=states)
    if due is not None:
        found = found.filter(expires_at__lte=due)
    return list(found.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
