"""Reads of reservations and of what they hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import orjson
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from channels.reservations.models import Reservation
from core.errors import NotFound
from inventory.ledger.models import Hold
from inventory.ledger.selectors import open_holds


class HeldUnits(NamedTuple):
    """Units on a stock row; `sku` is a component where the line is a bundle."""

    functional: str
    sku: str
    quantity: int
    safety_stock: int


@dataclass(frozen=True, slots=True)
class LineState:
    """A line as it was asked and answered, and where its units lie now."""

    sku: str
    requested: int
    reserved: int
    holds: Sequence[HeldUnits]


@dataclass(frozen=True, slots=True)
class ReservationState:
    """A reservation as it stands."""

    id: int
    shop: str
    state: str
    check: str
    key: str
    reference: str
    created_at: datetime
    expires_at: datetime | None
    lines: Sequence[LineState]


def reservations(shop: str | None = None) -> QuerySet[Reservation]:
    """Reservations with their shops, in one query; of the shop with this code alone if given."""
    found = Reservation.objects.select_related("shop")
    return found if shop is None else found.filter(shop__code=shop)


def holding(sku: str) -> Q:
    """The condition that a reservation holds units of this SKU now; a bundle's holds are its components'."""
    sources = Hold.objects.filter(sku__code=sku, closed_at=None, source_id__isnull=False)
    return Q(pk__in=sources.values("source_id"))


def find_reservation(reservation_id: int, shop: str | None = None) -> ReservationState:
    """A reservation as it stands, in two queries; `NotFound` when there is none, or it isn't of the shop `shop`."""
    found = reservations(shop).filter(pk=reservation_id).first()
    if found is None:
        raise NotFound(_("There is no reservation %(id)s.") % {"id": reservation_id})
    return read_states([found])[0]


def read_states(found: Sequence[Reservation]) -> list[ReservationState]:
    """How these rows of `reservations` stand, in one query for the holds of all."""
    holds = find_held_units(reservation.pk for reservation in found)
    return [_state(reservation, holds) for reservation in found]


def find_held_units(reservation_ids: Iterable[int]) -> Mapping[tuple[int, int], Sequence[HeldUnits]]:
    """The open holds of these reservations by (reservation id, position of the line), in the order they were taken."""
    found: dict[tuple[int, int], list[HeldUnits]] = {}
    for hold in open_holds().filter(source_id__in=list(reservation_ids)).order_by("pk"):
        units = HeldUnits(hold.functional.code, hold.sku.code, hold.quantity, hold.safety_used)
        found.setdefault((hold.source_id or 0, hold.line), []).append(units)
    return found


def _state(reservation: Reservation, holds: Mapping[tuple[int, int], Sequence[HeldUnits]]) -> ReservationState:
    lines = [
        LineState(line["sku"], line["requested"], line["reserved"], holds.get((reservation.pk, position), ()))
        for position, line in enumerate(orjson.loads("{" + reservation.answer)["lines"])
    ]
    return ReservationState(
        id=reservation.pk,
        shop=reservation.shop.code,
        state=reservation.state,
        check=reservation.check_kind,
        key=reservation.key,
        reference=reservation.reference,
        created_at=reservation.created_at,
        expires_at=reservation.expires_at,
        lines=lines,
    )
