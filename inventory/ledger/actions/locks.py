"""The named helper through which every verb locks stock rows.

Everybody locks in (SKU, functional warehouse) order, so two batches that meet on some rows wait for each
other and never deadlock. See docs/adr/0002-stock-locking.md.
"""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.backends.utils import CursorWrapper

from inventory.ledger.arrays import key_arrays, unnest
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

_KEYS = f"{unnest('bigint', 'bigint')} AS k(sku_id, functional_id)"

_LOCK = f"""
SELECT s.sku_id, s.functional_id, s.on_hand, s.allocated
FROM {_KEYS}
JOIN inventory_stockrow s ON s.sku_id = k.sku_id AND s.functional_id = k.functional_id
ORDER BY s.sku_id, s.functional_id
FOR UPDATE OF s
"""


def lock_stock_rows(
    cursor: CursorWrapper, rows: Collection[RowKey], *, create: Iterable[RowKey] = ()
) -> dict[RowKey, Level]:
    """Lock `inventory_stockrow` rows until the transaction ends and read their numbers.

    Rows of `create` that don't exist are made, empty; other missing rows are left out. Rows are made while no
    existing row is locked: a transaction that waits for a row being made holds nothing its maker could want.
    """
    unlocked = transaction.savepoint()
    levels = _lock(cursor, rows)
    missing = sorted(set(create).difference(levels))
    if not missing:
        transaction.savepoint_commit(unlocked)
        return levels
    transaction.savepoint_rollback(unlocked)
    cursor.execute(CREATE_ROWS.format(source=_KEYS, condition="true"), key_arrays(missing))
    return _lock(cursor, rows)


def _lock(cursor: CursorWrapper, rows: Iterable[RowKey]) -> dict[RowKey, Level]:
    cursor.execute(_LOCK, key_arrays(sorted(set(rows))))
    return read_levels(cursor)


def read_levels(cursor: CursorWrapper) -> dict[RowKey, Level]:
    """The rows of a query that answers SKU id, functional warehouse id, on hand and allocated."""
    return {(sku, functional): Level(on_hand, held) for sku, functional, on_hand, held in cursor.fetchall()}
