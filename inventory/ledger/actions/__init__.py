"""The only verbs that change stock, holds and safety stock, and the marks that tell the cascade."""

from inventory.ledger.actions.counts import CountConflict, CountResult, StagedResult, count_staged, count_stock
from inventory.ledger.actions.faults import RowResult
from inventory.ledger.actions.holds import expire_holds, place_holds, release_holds
from inventory.ledger.actions.locks import lock_stock_rows
from inventory.ledger.actions.marks import (
    mark_categories,
    mark_functionals,
    mark_pools,
    mark_skus,
    mark_supplies,
)
from inventory.ledger.actions.movements import MOVEMENT_KINDS, post_movements
from inventory.ledger.actions.safety import set_safety_stock
from inventory.ledger.actions.seats import (
    MovedSeat,
    SeatRow,
    SkuRow,
    book_seats,
    booking,
    close_seats,
    confirm_seats,
    lock_seats,
    lock_sku_rows,
    locking,
    move_seats,
    opening,
)
from inventory.ledger.rules import Count, HoldRequest, Movement, Owner, SafetyStock, Seat

__all__ = [
    "MOVEMENT_KINDS",
    "Count",
    "CountConflict",
    "CountResult",
    "HoldRequest",
    "MovedSeat",
    "Movement",
    "Owner",
    "RowResult",
    "SafetyStock",
    "Seat",
    "SeatRow",
    "SkuRow",
    "StagedResult",
    "book_seats",
    "booking",
    "close_seats",
    "confirm_seats",
    "count_staged",
    "count_stock",
    "expire_holds",
    "lock_seats",
    "lock_sku_rows",
    "lock_stock_rows",
    "locking",
    "mark_categories",
    "mark_functionals",
    "mark_pools",
    "mark_skus",
    "mark_supplies",
    "move_seats",
    "opening",
    "place_holds",
    "post_movements",
    "release_holds",
    "set_safety_stock",
]
