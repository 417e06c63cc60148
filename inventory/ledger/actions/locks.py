"""The named helper through which every verb locks stock rows.

Everybody locks in (SKU, functional warehouse) order, so two batches that meet on some rows wait for each
other and never deadlock. See docs/adr/0002-stock-locking.md.
"""

from collections.abc import Iterable

from django.db.backends.utils import CursorWrapper

from inventory.ledger.rules import Level, RowKey

# Before any existing row is locked; `source` has the columns of `k`, `condition` says which missing rows to make.
CREATE_ROWS = """
INSERT INTO inventory_stockrow (sku_id, functional_id, on_hand, allocated, safety_stock, version, updated_at)
SELECT k.sku_id, k.functional_id, 0, 0, NULL, 0, statement_timestamp()
FROM {source}
LEFT JOIN inventory_stockrow s ON s.sku_id = k.sku_id AND s.functional_id = k.functional_id
WHERE s.id IS NULL AND ({condition})
ORDER BY k.sku_id, k.functional_id
ON CONFLICT (sku_id, functional_id) DO NOTHING
"""

_KEYS = "unnest(%s::bigint[], %s::bigint[]) AS k(sku_id, functional_id)"

_LOCK = f"""
SELECT s.sku_id, s.functional_id, s.on_hand, s.allocated
FROM {_KEYS}
JOIN inventory_stockrow s ON s.sku_id = k.sku_id AND s.functional_id = k.functional_id
ORDER BY s.sku_id, s.functional_id
FOR UPDATE OF s
"""


def lock_stock_rows(
    cursor: CursorWrapper, rows: Iterable[RowKey], *, create: Iterable[RowKey] = ()
) -> dict[RowKey, Level]:
    """Lock `inventory_stockrow` rows until the transaction ends and read their numbers.

    Rows of `create` that don't exist are made, empty, before any existing row is locked: a transaction that
    waits for a row being made holds no lock that its maker could want. Other missing rows are left out.
    """
    if missing := sorted(set(create)):
        cursor.execute(CREATE_ROWS.format(source=_KEYS, condition="true"), split_keys(missing))
    cursor.execute(_LOCK, split_keys(sorted(set(rows))))
    return {(sku, functional): Level(on_hand, held) for sku, functional, on_hand, held in cursor.fetchall()}


def split_keys(rows: Iterable[RowKey]) -> tuple[list[int], list[int]]:
    """Row keys as the two arrays that `unnest` takes."""
    keys = list(rows)
    return [sku for sku, _ in keys], [functional for _, functional in keys]
