"""What an accepted request is written as: the reservation, whose the units are, and where they lie."""

from datetime import datetime, timedelta

from channels.reservations.actions.answers import render_answer
from channels.reservations.actions.keys import NewReservation
from channels.reservations.actions.stage import Stage
from channels.reservations.rules import ReservationRequest, Verdict
from inventory.ledger.actions import Owner, Seat

REASON_LENGTH = 200


def new_row(request: ReservationRequest, made_of: str, verdict: Verdict, stage: Stage, now: datetime) -> NewReservation:
    """The reservation, with its answer."""
    view = stage.view
    expires_at = None if request.expires_in is None else now + timedelta(seconds=request.expires_in)
    return NewReservation(
        shop_id=view.shop_ids[view.shop_at[request.shop]],
        caller=request.caller,
        key=request.key,
        request_hash=made_of,
        check_kind=request.check.value,
        pool_id=view.pool_ids[view.pool_at[request.pool]] if request.pool else None,
        expires_at=expires_at,
        answer=render_answer(request, verdict, expires_at, view, stage.codes),
        reference=request.reference,
        reason=request.reason,
        actor=request.actor,
    )


def owner_of(request: ReservationRequest, reservation_id: int) -> Owner:
    """Whose units they are, and what their holds say."""
    reason = f"{request.shop} {request.reference or request.key}"[:REASON_LENGTH]
    return Owner(reservation_id, reason, request.reference, request.actor)


def seats_of(verdict: Verdict, stage: Stage, owner: int) -> list[Seat]:
    """One seat per line and row."""
    ids = stage.view.functional_ids
    return [
        (taken.sku_id, ids[taken.row], taken.units, number, taken.safety_used, owner)
        for number, line in enumerate(verdict.lines)
        for taken in line.seats
    ]
