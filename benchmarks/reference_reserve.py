"""The least code that reserves durably without overselling: a key, an order, and a hold per line on one stock row each.

It books the same stock rows as the product, and keeps its orders and holds in two tables of its own. Single orders go
through one function of the database, batches through three statements over arrays with the decisions in between.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from psycopg import Connection

# One row is both the order and its key. The rows of a SKU are locked in order before the one with the most free units
# is chosen; the next SKU only then, so that two orders never wait for each other.
_SETUP = """
CREATE TABLE reference_order (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE reference_hold (
    order_id bigint, sku_id bigint, functional_id bigint, quantity integer NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, sku_id)
);
CREATE FUNCTION reference_reserve(wanted_key text, sku_ids bigint[], quantities integer[]) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    new_id bigint;
    line record;
    seat bigint;
BEGIN
    INSERT INTO reference_order (key) VALUES (wanted_key) ON CONFLICT (key) DO NOTHING RETURNING id INTO new_id;
    IF new_id IS NULL THEN
        RETURN (SELECT id FROM reference_order WHERE key = wanted_key);
    END IF;
    FOR line IN SELECT * FROM unnest(sku_ids, quantities) AS l (sku_id, quantity) ORDER BY sku_id LOOP
        UPDATE inventory_stockrow
        SET allocated = allocated + line.quantity, version = version + 1, updated_at = now()
        WHERE id = (
            SELECT id FROM (
                SELECT id, on_hand - allocated AS free FROM inventory_stockrow
                WHERE sku_id = line.sku_id ORDER BY sku_id, functional_id FOR UPDATE
            ) AS locked WHERE free >= line.quantity ORDER BY free DESC LIMIT 1
        )
        RETURNING functional_id INTO seat;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'SKU % is short', line.sku_id;
        END IF;
        INSERT INTO reference_hold VALUES (new_id, line.sku_id, seat, line.quantity);
    END LOOP;
    RETURN new_id;
END $$;
"""

_RESERVE = b"SELECT reference_reserve(%s, %s::bigint[], %s::int[])"
_ORDERS = b"INSERT INTO reference_order (key) SELECT unnest(%s::text[]) ON CONFLICT (key) DO NOTHING RETURNING key, id"
_LOCK = (
    b"SELECT id, sku_id, functional_id, on_hand - allocated FROM inventory_stockrow"
    b" WHERE sku_id = ANY(%s::bigint[]) ORDER BY sku_id, functional_id FOR UPDATE"
)
_BOOK = b"""
WITH booked AS (
    UPDATE inventory_stockrow s
    SET allocated = s.allocated + b.quantity, version = s.version + 1, updated_at = now()
    FROM unnest(%s::bigint[], %s::int[]) AS b (id, quantity) WHERE s.id = b.id
)
INSERT INTO reference_hold SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::int[])
"""
_FORGET = "DELETE FROM reference_order WHERE id = ANY(%s)"


class Wanted(NamedTuple):
    """An order: its key, and the id and quantity of each of its different SKUs."""

    key: str
    sku_ids: Sequence[int]
    quantities: Sequence[int]


class _Batch:
    """The rows of a batch while it is decided, first come first served."""

    def __init__(self, rows: Iterable[tuple[int, int, int, int]]) -> None:
        self.free: dict[int, int] = {}
        self.rows: dict[int, list[tuple[int, int]]] = {}
        for row, sku, functional, free in rows:
            self.free[row] = free
            self.rows.setdefault(sku, []).append((row, functional))
        self.booked: dict[int, int] = {}
        self.holds: list[tuple[int, int, int, int]] = []

    def seat(self, order_id: int, order: Wanted) -> bool:
        """Seat every line or none."""
        seats = []
        for sku, quantity in zip(order.sku_ids, order.quantities, strict=True):
            row, functional = max(self.rows[sku], key=lambda place: self.free[place[0]])
            if self.free[row] < quantity:
                return False
            seats.append((row, sku, functional, quantity))
        for row, sku, functional, quantity in seats:
            self.free[row] -= quantity
            self.booked[row] = self.booked.get(row, 0) + quantity
            self.holds.append((order_id, sku, functional, quantity))
        return True


def set_up(connection: "Connection[Any]") -> None:
    """Make the reference's own tables and its function."""
    connection.execute(_SETUP)


def reserve_order(connection: "Connection[Any]", order: Wanted) -> int:
    """Reserve one order, or find the one that its key has made; its id. The connection commits by itself."""
    values = [order.key, _array(order.sku_ids), _array(order.quantities)]
    return int(connection.cursor(binary=True).execute(_RESERVE, values, prepare=True).fetchall()[0][0])


def reserve_batch(connection: "Connection[Any]", orders: Sequence[Wanted]) -> list[int]:
    """Reserve orders in one transaction; the ids of those that are new and fit."""
    with connection.transaction(), connection.cursor(binary=True) as cursor:
        cursor.execute(_ORDERS, [[order.key for order in orders]], prepare=True)
        ids = dict(cursor.fetchall())
        cursor.execute(_LOCK, [_array({sku for order in orders for sku in order.sku_ids})], prepare=True)
        batch = _Batch(cursor.fetchall())
        short = [ids[order.key] for order in orders if order.key in ids and not batch.seat(ids[order.key], order)]
        if short:
            cursor.execute(_FORGET, [short])
        if batch.holds:
            columns: list[Iterable[int]] = [batch.booked.keys(), batch.booked.values(), *zip(*batch.holds, strict=True)]
            cursor.execute(_BOOK, [_array(column) for column in columns], prepare=True)
    return sorted(set(ids.values()).difference(short))


def _array(numbers: Iterable[int]) -> str:
    return f"{{{','.join(map(str, numbers))}}}"
