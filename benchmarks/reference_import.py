"""The least code that brings a file of stock counts into stock rows and ledger: COPY, resolve codes, update."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

_SHEET = "CREATE TEMP TABLE sheet (functional text, sku text, on_hand integer) ON COMMIT DROP"
_COPY = "COPY sheet FROM STDIN (FORMAT csv, HEADER true)"
_RESOLVE = """
CREATE TEMP TABLE counts ON COMMIT DROP AS
SELECT k.id AS sku_id, f.id AS functional_id, s.on_hand
FROM sheet s JOIN inventory_sku k ON k.code = s.sku JOIN inventory_functionalwarehouse f ON f.code = s.functional
"""
_UPDATE = """
WITH differing AS MATERIALIZED (
    SELECT s.id, c.on_hand, c.on_hand - s.on_hand AS difference
    FROM counts c JOIN inventory_stockrow s ON s.sku_id = c.sku_id AND s.functional_id = c.functional_id
    WHERE s.on_hand <> c.on_hand
    FOR UPDATE OF s
), changed AS (
    UPDATE inventory_stockrow s SET on_hand = d.on_hand, version = s.version + 1, updated_at = now()
    FROM differing d WHERE s.id = d.id
    RETURNING s.sku_id, s.functional_id, s.on_hand, d.difference
)
INSERT INTO inventory_ledgerentry
    (sku_id, functional_id, kind, quantity, balance, reference, reason, actor, created_at)
SELECT sku_id, functional_id, 'count', difference, on_hand, '', '', 'bench', now() FROM changed
"""


def import_csv(connection: "Connection[Any]", data: bytes, expected: int) -> None:
    """Import a CSV file without validating, comparing, marking or explaining anything."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(_SHEET)
        with cursor.copy(_COPY) as copy:
            copy.write(data)
        _merge(cursor, expected)


def import_rows(connection: "Connection[Any]", rows: Sequence[Sequence[Any]], expected: int) -> None:
    """Import rows that were read from an Excel file."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(_SHEET)
        lines = "\n".join([f"{functional},{sku},{int(on_hand)}" for functional, sku, on_hand in rows])
        with cursor.copy(_COPY.replace(", HEADER true", "")) as copy:
            copy.write(lines)
        _merge(cursor, expected)


def _merge(cursor: Any, expected: int) -> None:
    cursor.execute("SET LOCAL work_mem = '128MB'")
    cursor.execute(_RESOLVE)
    cursor.execute("ANALYZE counts")
    cursor.execute(_UPDATE)
    if cursor.rowcount != expected:
        raise ValueError(f"{cursor.rowcount} rows changed, not {expected}")
