"""What a request must be like before any stock is looked at."""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256

import orjson
from django.utils.translation import gettext as _

from channels.reservations.rules import Basis, LineRequest, ReservationRequest
from core.errors import FieldError, InvalidInput
from inventory.ledger.rules import MAX_UNITS

MAX_LINES = 200
TEXT_LENGTH = 200
CODE_LENGTH = 64
LONGEST_SECONDS = 366 * 24 * 3600
_UNFIT = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of surrogate pairs


def check_request(request: ReservationRequest) -> InvalidInput | None:
    """What is wrong with the values of a request, None if nothing is."""
    faults = [FieldError(path, message) for path, message in _find_faults(request)]
    return InvalidInput(faults[0].message, faults) if faults else None


def fingerprint(request: ReservationRequest) -> str:
    """Of all that makes two requests with the same key the same request; where a person lets it be taken isn't."""
    content = [request.shop, request.lines, request.check, request.partial, request.expires_in, request.reference]
    try:
        plain = orjson.dumps(content, default=list)
    except orjson.JSONEncodeError:  # a character or a number that no JSON holds; such a request is refused
        plain = ascii(content).encode()
    return sha256(plain).hexdigest()


def _find_faults(request: ReservationRequest) -> Iterator[tuple[str, str]]:
    if not 1 <= len(request.key) <= TEXT_LENGTH or not request.key.isprintable():
        yield "key", _("A key has 1 to 200 printable characters.")
    if not request.lines:
        yield "lines", _("Say at least one SKU to reserve.")
    elif len(request.lines) > MAX_LINES:
        yield "lines", _("A reservation has at most %(max)d lines.") % {"max": MAX_LINES}
    yield from _find_line_faults(request.lines)
    if request.expires_in is not None and not 1 <= request.expires_in <= LONGEST_SECONDS:
        sentence = _("A reservation lasts 1 to %(max)d seconds, or for ever.")
        yield "expires_in", sentence % {"max": LONGEST_SECONDS}
    lengths = {"shop": CODE_LENGTH, "pool": CODE_LENGTH, "reference": TEXT_LENGTH, "reason": TEXT_LENGTH}
    for field, length in lengths.items():
        if not _fits(getattr(request, field), length):
            yield field, _("Use at most %(max)d ordinary characters.") % {"max": length}
    if request.pool and request.check is not Basis.STOCK:
        yield "pool", _("Only a reservation against stock can be taken from another pool.")


def _find_line_faults(lines: Iterable[LineRequest]) -> Iterator[tuple[str, str]]:
    units: dict[str, int] = {}
    for at, line in enumerate(lines):
        if not _fits(line.sku, CODE_LENGTH):
            yield f"lines[{at}].sku", _("Use at most %(max)d ordinary characters.") % {"max": CODE_LENGTH}
            continue
        units[line.sku] = units.get(line.sku, 0) + line.quantity
        if line.quantity < 1:
            sentence = _("Reserve at least 1 unit of %(sku)s, not %(quantity)d.")
            yield f"lines[{at}].quantity", sentence % {"sku": line.sku, "quantity": line.quantity}
        elif units[line.sku] > MAX_UNITS:
            sentence = _("%(sku)s: at most %(max)d units can be reserved.")
            yield f"lines[{at}].quantity", sentence % {"sku": line.sku, "max": MAX_UNITS}


def _fits(text: str, length: int) -> bool:
    """Whether it is short enough, and the database and JSON can hold it."""
    return len(text) <= length and (text.isprintable() or not _UNFIT.search(text))
