"""What a request must be like before any stock is looked at."""

from collections.abc import Iterator
from hashlib import sha256

import orjson
from django.utils.translation import gettext as _

from channels.reservations.rules import Basis, ReservationRequest
from core.errors import FieldError, InvalidInput
from inventory.ledger.rules import MAX_UNITS

MAX_LINES = 200
TEXT_LENGTH = 200
CODE_LENGTH = 64
LONGEST_SECONDS = 366 * 24 * 3600


def check_request(request: ReservationRequest) -> InvalidInput | None:
    """What is wrong with the values of a request, None if nothing is."""
    faults = [FieldError(path, message) for path, message in _find_faults(request)]
    return InvalidInput(faults[0].message, faults) if faults else None


def fingerprint(request: ReservationRequest) -> str:
    """Of all that makes two requests with the same key the same request; where a person lets it be taken isn't."""
    content = [request.shop, request.lines, request.check, request.partial, request.expires_in, request.reference]
    return sha256(orjson.dumps(content, default=list)).hexdigest()


def _find_faults(request: ReservationRequest) -> Iterator[tuple[str, str]]:
    if not 1 <= len(request.key) <= TEXT_LENGTH or not request.key.isprintable():
        yield "key", _("A key has 1 to 200 printable characters.")
    if not request.lines:
        yield "lines", _("Say at least one SKU to reserve.")
    elif len(request.lines) > MAX_LINES:
        yield "lines", _("A reservation has at most %(max)d lines.") % {"max": MAX_LINES}
    units: dict[str, int] = {}
    for at, line in enumerate(request.lines):
        units[line.sku] = units.get(line.sku, 0) + line.quantity
        if line.quantity < 1:
            sentence = _("Reserve at least 1 unit of %(sku)s, not %(quantity)d.")
            yield f"lines[{at}].quantity", sentence % {"sku": line.sku, "quantity": line.quantity}
        elif units[line.sku] > MAX_UNITS:
            sentence = _("%(sku)s: at most %(max)d units can be reserved.")
            yield f"lines[{at}].quantity", sentence % {"sku": line.sku, "max": MAX_UNITS}
    if request.expires_in is not None and not 1 <= request.expires_in <= LONGEST_SECONDS:
        sentence = _("A reservation lasts 1 to %(max)d seconds, or for ever.")
        yield "expires_in", sentence % {"max": LONGEST_SECONDS}
    for field in ("reference", "reason"):
        text = getattr(request, field)
        if len(text) > TEXT_LENGTH or "\0" in text:
            yield field, _("Use at most %(max)d ordinary characters.") % {"max": TEXT_LENGTH}
    if request.pool and request.check is not Basis.STOCK:
        yield "pool", _("Only a reservation against stock can be taken from another pool.")
