"""What a stock row can bear: values in, values out."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

MAX_UNITS = 2_147_483_647  # the largest number of units a stock row can hold

RowKey = tuple[int, int]
"""A stock row by its ids (SKU, functional warehouse); sorted, it is the order in which rows are locked."""


class Movement(NamedTuple):
    """One change of stock, by codes; `to_functional` belongs to a status change alone."""

    functional: str
    sku: str
    kind: str
    quantity: int
    to_functional: str = ""
    reference: str = ""
    reason: str = ""


class Count(NamedTuple):
    """What was counted of a SKU, in units; with `expected`, only if the row still has that many."""

    functional: str
    sku: str
    on_hand: int
    expected: int | None = None


class HoldRequest(NamedTuple):
    """Units to set aside, until `expires_at` or until released."""

    functional: str
    sku: str
    quantity: int
    reason: str
    expires_at: datetime | None = None
    reference: str = ""


class Owner(NamedTuple):
    """Whose units are held: `source_id` in the app that keeps it, and what its holds say."""

    source_id: int
    reason: str
    reference: str
    actor: str


Seat = tuple[int, int, int, int, int, int]
"""Units taken of a stock row: SKU id, functional warehouse id, units, the line they are for, how many of them are
safety stock, and the place of the owner in its list, from 1. Plain, because a busy second has thousands."""


class SafetyStock(NamedTuple):
    """Units of a SKU never offered from a functional warehouse; None goes back to the warehouse's default."""

    functional: str
    sku: str
    units: int | None


class Level(NamedTuple):
    """A stock row's numbers, in units."""

    on_hand: int
    allocated: int


class Leg(NamedTuple):
    """What a movement does to one row, which no other leg of it is about; `counterpart` is the functional
    warehouse of the other leg.
    """

    row: RowKey
    quantity: int
    counterpart: int | None = None


class Entry(NamedTuple):
    """A ledger entry to write for the movement at `position`, with the row's balance after it."""

    position: int
    leg: Leg
    balance: int


class Refusal(NamedTuple):
    """A leg that its row can't bear, and the row as the movement met it."""

    position: int
    leg: Leg
    level: Level


class Span(NamedTuple):
    """Where movements take a row from its on hand: in the end, at its lowest and at its highest."""

    net: int
    low: int
    high: int


EMPTY = Level(0, 0)
STILL = Span(0, 0, 0)


def span_rows(movements: Iterable[tuple[int, tuple[Leg, ...]]]) -> dict[RowKey, Span]:
    """How far movements (position, legs), in their order, take each row; if every row bears that, none is refused."""
    spans: dict[RowKey, Span] = {}
    for _position, legs in movements:
        for leg in legs:
            net, low, high = spans.get(leg.row, STILL)
            net += leg.quantity
            spans[leg.row] = Span(net, min(low, net), max(high, net))
    return spans


def walk_movements(
    movements: Iterable[tuple[int, tuple[Leg, ...]]], levels: Mapping[RowKey, Level]
) -> tuple[list[Entry], list[Refusal]]:
    """Apply movements (position, legs) in their order to rows at `levels`; a row without a level is empty.

    A movement is refused as a whole when a leg would take its row below what is allocated or above
    `MAX_UNITS`; the ones after it meet the rows as if it had never been there.
    """
    entries: list[Entry] = []
    refusals: list[Refusal] = []
    balances: dict[RowKey, int] = {}
    for position, legs in movements:
        after: list[Entry] = []
        for leg in legs:
            level = levels.get(leg.row, EMPTY)
            before = balances.get(leg.row, level.on_hand)
            balance = before + leg.quantity
            if balance > MAX_UNITS or balance < level.allocated:
                refusals.append(Refusal(position, leg, Level(before, level.allocated)))
                break
            after.append(Entry(position, leg, balance))
        else:
            entries += after
            for entry in after:
                balances[entry.leg.row] = entry.balance
    return entries, refusals


def free_units(on_hand: int, allocated: int) -> int:
    """Units that no hold has taken."""
    return on_hand - allocated


def available_to_promise(on_hand: int, allocated: int, safety_stock: int, *, sellable: bool) -> int:
    """Units a row may offer: what is free above the safety stock, none from a place that isn't sellable."""
    return max(0, free_units(on_hand, allocated) - safety_stock) if sellable else 0
