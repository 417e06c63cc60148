"""The only verbs that make, move and end reservations."""

from channels.reservations.actions.answers import ReserveResult
from channels.reservations.actions.endings import (
    confirm_reservations,
    expire_reservations,
    extend_reservations,
    release_reservations,
)
from channels.reservations.actions.reseat import reseat_holds
from channels.reservations.actions.reserve import reserve
from channels.reservations.rules import Basis, LineRequest, ReservationRequest

__all__ = [
    "Basis",
    "LineRequest",
    "ReservationRequest",
    "ReserveResult",
    "confirm_reservations",
    "expire_reservations",
    "extend_reservations",
    "release_reservations",
    "reseat_holds",
    "reserve",
]
