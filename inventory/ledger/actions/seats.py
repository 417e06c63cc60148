"""Seats: the stock rows on which the units of reservations and orders are held.

The callers decide; they have locked every row that they read, so what is booked here fits.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from core.prepared import Statement, run_prepared
from inventory.ledger.actions.locks import lock_stock_rows
from inventory.ledger.actions.marks import MARK, MARK_BATCH, nudge_recompute
from inventory.ledger.arrays import int_array, key_arrays, text_array, unnest
from inventory.ledger.models import Hold
from inventory.ledger.rules import Owner, RowKey, Seat

# The planner is kept from guessing at the length of the arrays, see `unnest`.
_READ = f"""
SELECT (u.place - 1)::int, k.id, k.category_id, s.functional_id, s.on_hand - s.allocated, s.safety_stock
FROM {unnest("text")} WITH ORDINALITY AS u(code, place)
JOIN inventory_sku k ON k.code = u.code
JOIN inventory_stockrow s ON s.sku_id = k.id
WHERE s.functional_id = ANY(%s::bigint[])
ORDER BY s.sku_id, s.functional_id
"""
_LOCK = f"{_READ} FOR UPDATE OF s"

_LOCK_IDS = f"""
SELECT s.sku_id, s.functional_id, s.on_hand - s.allocated, s.safety_stock
FROM {unnest("bigint")} AS u(sku_id)
JOIN inventory_stockrow s ON s.sku_id = u.sku_id
WHERE s.functional_id = ANY(%s::bigint[])
ORDER BY s.sku_id, s.functional_id
FOR UPDATE OF s
"""

_COLUMNS = """sku_id, functional_id, kind, quantity, reason, reference, source_id, line, provisional, safety_used,
    expires_at, actor, created_at, closed_at, closed_by, outcome"""

# Rows and the mark for the cascade. A row that doesn't exist fails the statement.
_BOOK = f"""
WITH booked AS (
    UPDATE inventory_stockrow s
    SET allocated = s.allocated + k.quantity, version = s.version + 1, updated_at = statement_timestamp()
    FROM {unnest("bigint", "bigint", "bigint")} AS k(sku_id, functional_id, quantity)
    WHERE s.sku_id = k.sku_id AND s.functional_id = k.functional_id
    RETURNING s.sku_id
), marked AS (
    {MARK_BATCH}
)
SELECT 1 / (count(*) = %s::int)::int FROM booked
"""
_OPEN = f"""
INSERT INTO inventory_hold ({_COLUMNS})
SELECT h.sku_id, h.functional_id, 'reservation', h.quantity, o.reason, o.reference, o.source_id, h.line, true,
    h.safety_used, NULL, o.actor, statement_timestamp(), NULL, '', ''
FROM {unnest("bigint", "bigint", "int", "int", "int", "int")}
    AS h(sku_id, functional_id, quantity, line, safety_used, place)
JOIN {unnest("bigint", "text", "text", "text")} WITH ORDINALITY AS o(source_id, reason, reference, actor, place)
    USING (place)
"""

_FIND = "SELECT DISTINCT sku_id, functional_id FROM inventory_hold WHERE source_id = ANY(%s) AND closed_at IS NULL"

_CLOSE = """
WITH closed AS (
    UPDATE inventory_hold SET closed_at = statement_timestamp(), closed_by = %s, outcome = %s
    WHERE source_id = ANY(%s) AND closed_at IS NULL
    RETURNING sku_id, functional_id, quantity
)
SELECT sku_id, functional_id, sum(quantity)::bigint FROM closed GROUP BY sku_id, functional_id
"""

_CONFIRM = """
UPDATE inventory_hold SET kind = 'order', reference = CASE WHEN %s = '' THEN reference ELSE %s END
WHERE source_id = ANY(%s) AND closed_at IS NULL
"""


SkuRow = tuple[int, int, int | None, int, int, int | None]
"""A stock row as it was locked: the place of its SKU among those asked for, SKU id, category id, functional
warehouse id, free units, and the row's own safety stock (None for the default)."""

SeatRow = tuple[int, int, int, int | None]
"""A stock row: SKU id, functional warehouse id, free units, and its own safety stock (None for the default)."""


def lock_sku_rows(skus: Sequence[str], functional_ids: Sequence[int], *, lock: bool = True) -> list[SkuRow]:
    """Lock the stock rows of these SKUs, by code, in these functional warehouses until the transaction ends.

    They come by (SKU id, functional warehouse id); a SKU that is unknown or has no row there is left out. Without
    `lock` they are only read, to see whether locking them would be worth it.
    """
    return run_prepared(_LOCK if lock else _READ, [text_array(skus), int_array(functional_ids)])


def book_seats(owners: Sequence[Owner], seats: Sequence[Seat]) -> None:
    """Hold these units for their owners on rows that the caller has locked and found free.

    `IntegrityError` when a row hasn't that many, `DataError` when it is missing: a caller that locked what it read
    never sees either.
    """
    if seats:
        run_prepared(*booking(seats))
        run_prepared(*opening(owners, seats))
        nudge_recompute()


def locking(sku_ids: Sequence[int], functional_ids: Sequence[int]) -> Statement:
    """Locks the stock rows of these SKUs there: `SeatRow`s in their order."""
    return _LOCK_IDS, [int_array(sku_ids), int_array(functional_ids)]


def booking(seats: Sequence[Seat]) -> Statement:
    """Adds the seats to their rows and marks the SKUs, as `book_seats` does; the caller nudges after its commit."""
    wanted: dict[RowKey, int] = {}
    for seat in seats:
        row = seat[:2]
        wanted[row] = wanted.get(row, 0) + seat[2]
    # In the order of the index: neighbours are read once.
    rows = sorted(wanted)
    skus = int_array({sku for sku, _ in rows})
    return _BOOK, [*key_arrays(rows), int_array(wanted[row] for row in rows), skus, str(len(rows))]


def opening(owners: Sequence[Owner], seats: Sequence[Seat]) -> Statement:
    """Writes the holds of these seats, as `book_seats` does."""
    sources, *texts = zip(*owners, strict=True)
    return _OPEN, [*map(int_array, zip(*seats, strict=True)), int_array(sources), *map(text_array, texts)]


def lock_seats(source_ids: Collection[int]) -> None:
    """Lock the rows on which units of these sources are held, until the transaction ends.

    Nobody can move, close or confirm their holds from then on.
    """
    ids = sorted(source_ids)
    with connection.cursor() as cursor:
        wanted = _find_rows(cursor, ids)
        while True:
            untouched = transaction.savepoint()
            lock_stock_rows(cursor, wanted)
            found = _find_rows(cursor, ids)
            if found <= wanted:
                transaction.savepoint_commit(untouched)
                return
            # Some units have moved meanwhile; locking their rows on top would be out of order.
            transaction.savepoint_rollback(untouched)
            wanted = found


def close_seats(source_ids: Collection[int], *, actor: str, outcome: Hold.Outcome) -> None:
    """Give all units back that are held for these sources; the caller has locked their seats."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, [actor, outcome, sorted(source_ids)])
        back = {(sku, functional): -units for sku, functional, units in cursor.fetchall()}
    change_allocated(back)


def confirm_seats(source_ids: Collection[int], *, reference: str) -> None:
    """The holds of these sources are an order's from now on, and carry its reference unless that is empty.

    The caller has locked their seats.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CONFIRM, [reference, reference, sorted(source_ids)])


def _find_rows(cursor: CursorWrapper, ids: list[int]) -> set[RowKey]:
    cursor.execute(_FIND, [ids])
    return set(cursor.fetchall())


_CHANGE = f"""
WITH booked AS (
    UPDATE inventory_stockrow s
    SET allocated = s.allocated + k.quantity, version = s.version + 1, updated_at = statement_timestamp()
    FROM {unnest("bigint", "bigint", "bigint")} AS k(sku_id, functional_id, quantity)
    WHERE s.sku_id = k.sku_id AND s.functional_id = k.functional_id
), marked AS (
    {MARK.format(source=f"SELECT sku_id FROM {unnest('bigint')} AS given(sku_id)")}
)
SELECT 1
"""


def change_allocated(units: dict[RowKey, int]) -> None:
    """Add to `allocated` of rows that the caller has locked, and mark their SKUs."""
    if units:
        run_prepared(_CHANGE, [*key_arrays(units), int_array(units.values()), int_array({sku for sku, _ in units})])
        nudge_recompute()


class MovedSeat(NamedTuple):
    """Units of an open hold that go to another functional warehouse's row of the same SKU."""

    hold_id: int
    functional_id: int
    quantity: int
    safety_used: int


_MOVE = f"""
WITH moved AS MATERIALIZED (
    SELECT h.*, m.to_functional, m.units, m.safety
    FROM {unnest("bigint", "bigint", "int", "int")} AS m(hold_id, to_functional, units, safety)
    JOIN inventory_hold h ON h.id = m.hold_id
), closed AS (
    UPDATE inventory_hold h SET closed_at = statement_timestamp(), closed_by = %s, outcome = 'moved'
    FROM (SELECT DISTINCT id FROM moved) d WHERE h.id = d.id AND h.closed_at IS NULL
    RETURNING h.id
), opened AS (
    INSERT INTO inventory_hold ({_COLUMNS})
    SELECT o.sku_id, o.functional_id, o.kind, o.units, o.reason, o.reference, o.source_id, o.line, o.provisional,
        least(o.safety, o.units), NULL, o.actor, statement_timestamp(), NULL, '', ''
    FROM (
        SELECT sku_id, to_functional AS functional_id, kind, units, reason, reference, source_id, line, provisional,
            safety, actor
        FROM moved
        UNION ALL
        SELECT sku_id, functional_id, kind, (quantity - sum(units))::int, reason, reference, source_id, line,
            provisional, safety_used, actor
        FROM moved
        GROUP BY id, sku_id, functional_id, kind, quantity, reason, reference, source_id, line, provisional,
            safety_used, actor
        HAVING quantity > sum(units)
    ) o
)
SELECT count(*) FROM closed
"""


def move_seats(moves: Sequence[MovedSeat], change: dict[RowKey, int], *, actor: str) -> None:
    """Let open holds lie on other rows; `change` is what that adds to each row's `allocated`.

    The caller has locked every row of `change` and read the holds since. A hold that moves, even in part, is
    closed as moved, and holds on the new row and on what is left of the old one take its place. `IntegrityError`
    when one isn't open any more, which such a caller never sees.
    """
    if not moves:
        return
    ((closed,),) = run_prepared(
        _MOVE,
        [
            int_array(move.hold_id for move in moves),
            int_array(move.functional_id for move in moves),
            int_array(move.quantity for move in moves),
            int_array(move.safety_used for move in moves),
            actor,
        ],
    )
    if closed < len({move.hold_id for move in moves}):
        message = "a hold that was to move isn't open any more"
        raise IntegrityError(message)
    change_allocated(change)
