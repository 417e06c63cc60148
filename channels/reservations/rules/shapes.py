"""What is asked of `reserve`."""

from enum import StrEnum
from typing import NamedTuple


class Basis(StrEnum):
    """What a line must fit."""

    ENTITLEMENT = "entitlement"  # the shop's quantity now
    STOCK = "stock"  # the stock beneath the shop's pools, safety stock included


class LineRequest(NamedTuple):
    """Units of a SKU, by its code; a bundle is booked as its components."""

    sku: str
    quantity: int


class ReservationRequest(NamedTuple):
    """One reservation to make.

    `caller` owns the `key`: the same key with the same content answers the first answer again. Lines of the same SKU
    are summed. With `partial`, each line takes what there is, down to nothing, as long as one takes something.
    `expires_in` is in seconds, None for never. `pool` is the code of the dispatch pool beneath which the units are
    taken instead of beneath the shop's own (a person's decision, for `Basis.STOCK` only).
    """

    caller: str
    key: str
    shop: str
    lines: tuple[LineRequest, ...]
    check: Basis = Basis.ENTITLEMENT
    partial: bool = False
    expires_in: int | None = None
    reference: str = ""
    reason: str = ""
    pool: str = ""
    actor: str = ""


class ShortLine(NamedTuple):
    """A line that didn't fit: `position` among the distinct SKUs of the request, from 0."""

    position: int
    sku: str
    wanted: int
    available: int
