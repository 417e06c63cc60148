"""How reservations end, or go on: released, expired, extended, confirmed."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from channels.reservations.actions.dedication import return_units
from channels.reservations.models import Reservation
from inventory.ledger.actions import close_seats, confirm_seats, lock_seats
from inventory.ledger.models import Hold

EXPIRY_BATCH = 500
CLOCK = "expiry"  # who closes a reservation whose time is over

State = Reservation.State


@transaction.atomic
def release_reservations(ids: Collection[int], *, actor: str) -> list[int]:
    """Give all units of these reservations back; the ids of those that were still open, and no others, have ended."""
    return _end(ids, [State.HELD, State.CONFIRMED], State.RELEASED, actor)


def expire_reservations(now: datetime | None = None) -> int:
    """End every held reservation whose time is over at `now`, in transactions of limited size; how many ended."""
    moment = now or timezone.now()
    over = Reservation.objects.filter(state=State.HELD, expires_at__lte=moment).order_by("expires_at", "pk")
    ended = 0
    while batch := list(over.values_list("pk", flat=True)[:EXPIRY_BATCH]):
        with transaction.atomic():
            ended += len(_end(batch, [State.HELD], State.EXPIRED, CLOCK, moment))
    return ended


@transaction.atomic
def extend_reservations(ids: Collection[int], *, expires_in: int | None) -> list[int]:
    """Let held reservations expire `expires_in` seconds from now, or never; the ids of those that do.

    One that has run out but isn't swept up yet still holds its units, so it goes on as well.
    """
    expires_at = None if expires_in is None else timezone.now() + timedelta(seconds=expires_in)
    found = _lock(ids, [State.HELD])
    Reservation.objects.filter(pk__in=found).update(expires_at=expires_at)
    return found


@transaction.atomic
def confirm_reservations(ids: Collection[int], *, reference: str = "") -> list[int]:
    """Make the holds of held reservations an order's, which expire no more; the ids of those confirmed now."""
    lock_seats(ids)
    found = _lock(ids, [State.HELD])
    confirm_seats(found, reference=reference)
    Reservation.objects.filter(pk__in=found).update(state=State.CONFIRMED, expires_at=None)
    return found


def _end(
    ids: Collection[int], states: list[State], outcome: State, actor: str, due: datetime | None = None
) -> list[int]:
    """Close those of the reservations that are in one of the states, and due if a time is given."""
    lock_seats(ids)
    ending = _lock(ids, states, due)
    if ending:
        close_seats(ending, actor=actor, outcome=Hold.Outcome(outcome.value))
        return_units(ending)
        ended = Reservation.objects.filter(pk__in=ending)
        ended.update(state=outcome, closed_at=timezone.now(), closed_by=actor)
    return ending


def _lock(ids: Collection[int], states: list[State], due: datetime | None = None) -> list[int]:
    """Lock the reservations that are in one of the states, in one order for everybody; their ids."""
    found = Reservation.objects.filter(pk__in=ids, state__in=states)
    if due is not None:
        found = found.filter(expires_at__lte=due)
    return list(found.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
