"""What an audit may put right in the books: by further entries and under the rows' locks, never in the history.

Every verb looks again once it has the locks; rows that are in order by then stay as they are.
"""

from collections.abc import Collection

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from inventory.ledger.actions.locks import lock_stock_rows
from inventory.ledger.actions.marks import mark_skus
from inventory.ledger.actions.seats import lock_seats
from inventory.ledger.arrays import key_arrays, unnest
from inventory.ledger.models import Hold
from inventory.ledger.rules import MAX_UNITS, RowKey

_KEYS = f"{unnest('bigint', 'bigint')} AS k(sku_id, functional_id)"

_REBUILD = f"""
INSERT INTO inventory_stockrow (sku_id, functional_id, on_hand, allocated, safety_stock, version, updated_at)
SELECT k.sku_id, k.functional_id, l.units, 0, NULL, 1, statement_timestamp()
FROM {_KEYS}
JOIN inventory_sku sku ON sku.id = k.sku_id
JOIN inventory_functionalwarehouse functional ON functional.id = k.functional_id
CROSS JOIN LATERAL (
    SELECT sum(e.quantity) AS units FROM inventory_ledgerentry e
    WHERE e.sku_id = k.sku_id AND e.functional_id = k.functional_id
) l
WHERE l.units BETWEEN 0 AND {MAX_UNITS}
ORDER BY k.sku_id, k.functional_id
ON CONFLICT (sku_id, functional_id) DO NOTHING
RETURNING sku_id, functional_id
"""

# An entry of 0 units is refused, so a wrong balance alone takes two: one more, and back.
_COMPENSATE = f"""
INSERT INTO inventory_ledgerentry
    (sku_id, functional_id, counterpart_id, kind, quantity, balance, reference, reason, actor, created_at)
SELECT s.sku_id, s.functional_id, NULL, 'adjustment', step.quantity, step.balance, '', %s, %s, statement_timestamp()
FROM {_KEYS}
JOIN inventory_stockrow s ON s.sku_id = k.sku_id AND s.functional_id = k.functional_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(e.quantity), 0) AS units, max(e.id) AS newest FROM inventory_ledgerentry e
    WHERE e.sku_id = s.sku_id AND e.functional_id = s.functional_id
) l
LEFT JOIN inventory_ledgerentry e ON e.id = l.newest
CROSS JOIN LATERAL (
    SELECT 1 AS place, s.on_hand - l.units AS quantity, s.on_hand AS balance WHERE s.on_hand <> l.units
    UNION ALL
    SELECT 1, 1, s.on_hand + 1 WHERE s.on_hand = l.units AND e.balance <> s.on_hand AND s.on_hand < {MAX_UNITS}
    UNION ALL
    SELECT 2, -1, s.on_hand WHERE s.on_hand = l.units AND e.balance <> s.on_hand AND s.on_hand < {MAX_UNITS}
) step
WHERE abs(step.quantity) <= {MAX_UNITS}
ORDER BY s.sku_id, s.functional_id, step.place
RETURNING sku_id, functional_id
"""

_ALLOCATE = f"""
UPDATE inventory_stockrow s
SET allocated = held.units, version = s.version + 1, updated_at = statement_timestamp()
FROM (
    SELECT k.sku_id, k.functional_id, coalesce(sum(h.quantity), 0) AS units
    FROM {_KEYS}
    LEFT JOIN inventory_hold h
        ON h.sku_id = k.sku_id AND h.functional_id = k.functional_id AND h.closed_at IS NULL
    GROUP BY k.sku_id, k.functional_id
) AS held
WHERE s.sku_id = held.sku_id AND s.functional_id = held.functional_id
    AND s.allocated <> held.units AND held.units <= s.on_hand
RETURNING s.sku_id, s.functional_id
"""

_CLOSE = """
UPDATE inventory_hold SET closed_at = statement_timestamp(), closed_by = %s, outcome = %s
WHERE source_id = ANY(%s) AND closed_at IS NULL
RETURNING sku_id, functional_id
"""


@transaction.atomic
def compensate_ledger(rows: Collection[RowKey], *, actor: str) -> int:
    """Bring the ledger of these stock rows to what is on hand, by entries that say so; how many rows it were.

    What is on hand is what people rely on and stays. A row that is missing altogether is made from its ledger.
    """
    keys = sorted(set(rows))
    with connection.cursor() as cursor:
        made = _run(cursor, _REBUILD, key_arrays(keys))
        lock_stock_rows(cursor, keys)
        reason = _("Audit: brings the ledger to what is on hand.")
        written = _run(cursor, _COMPENSATE, [reason, actor, *key_arrays(keys)])
    mark_skus(sku for sku, _functional in made)
    return len(made | written)


@transaction.atomic
def settle_allocated(rows: Collection[RowKey], *, actor: str) -> int:
    """Set `allocated` of these stock rows to the sum of their open holds where that much is on hand; how many rows."""
    keys = sorted(set(rows))
    with connection.cursor() as cursor:
        lock_stock_rows(cursor, keys)
        settled = _run(cursor, _ALLOCATE, key_arrays(keys))
    mark_skus(sku for sku, _functional in settled)
    return len(settled)


@transaction.atomic
def close_left_over(source_ids: Collection[int], *, actor: str) -> int:
    """Close the holds of sources that have ended already; how many it were.

    `allocated` becomes what the other holds of their rows have: it may have been wrong as well.
    """
    lock_seats(source_ids)
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, [actor, Hold.Outcome.RELEASED, sorted(source_ids)])
        closed = cursor.fetchall()
    settle_allocated(closed, actor=actor)
    return len(closed)


def _run(cursor: CursorWrapper, sql: str, params: list[str]) -> set[RowKey]:
    cursor.execute(sql, params)
    return set(cursor.fetchall())
