"""What a request is told, kept as it was sent so that a repetition gets the same bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.utils.translation import gettext as _

from channels.reservations.rules import LineVerdict, ReservationRequest, ShortLine, Verdict, View
from core.errors import Conflict, DomainError, FieldError


@dataclass(frozen=True, slots=True)
class ReserveResult:
    """How one request ended: a reservation with the JSON body of its first answer, or the error."""

    reservation_id: int | None = None
    answer: bytes = b""
    replayed: bool = False
    error: DomainError | None = None


def render_answer(
    request: ReservationRequest,
    verdict: Verdict,
    expires_at: datetime | None,
    view: View,
    codes: Mapping[int, str],
) -> str:
    """The JSON of the answer without its opening brace and id; `codes` are those of the SKUs by id."""
    content = {
        "shop": request.shop,
        "state": "held",
        "check": request.check.value,
        "expires_at": expires_at,
        "reference": request.reference,
        "lines": [_render_line(line, view, codes) for line in verdict.lines],
    }
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)[1:].decode()


def restore_answer(reservation_id: int, kept: str) -> bytes:
    """The body of the answer from its kept part."""
    return b'{"id":%d,%s' % (reservation_id, kept.encode())


def refusal(request: ReservationRequest, short: Sequence[ShortLine]) -> Conflict:
    """The error that says of each short SKU what was wanted and what there is now."""
    skus = [line.sku for line in request.lines]
    faults = [
        FieldError(
            f"lines[{skus.index(line.sku)}].quantity",
            _("%(sku)s: %(wanted)d wanted, %(available)d available.")
            % {"sku": line.sku, "wanted": line.wanted, "available": line.available},
            {"sku": line.sku, "wanted": line.wanted, "available": line.available},
        )
        for line in short
    ]
    return Conflict(_("There isn't enough stock, so nothing was reserved."), faults)


def _render_line(verdict: LineVerdict, view: View, codes: Mapping[int, str]) -> dict[str, object]:
    holds: list[dict[str, object]] = []
    for seat in verdict.seats:
        hold: dict[str, object] = {"functional": view.codes[seat.row], "quantity": seat.units}
        if codes[seat.sku_id] != verdict.line.sku:
            hold["sku"] = codes[seat.sku_id]
        if seat.safety_used:
            hold["safety_stock"] = seat.safety_used
        holds.append(hold)
    return {"sku": verdict.line.sku, "requested": verdict.line.wanted, "reserved": verdict.taken, "holds": holds}
