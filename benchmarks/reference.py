"""The least code that does each row's work honestly: raw SQL through psycopg, durable, safe against overselling.

Never slow these down: every bar is a ratio to them.
"""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

UPDATE_STOCK = """
WITH locked AS MATERIALIZED (
    SELECT s.id, k.quantity
    FROM unnest((SELECT %s::bigint[]), (SELECT %s::bigint[]), (SELECT %s::int[])) AS k(sku_id, functional_id, quantity)
    JOIN inventory_stockrow s ON s.sku_id = k.sku_id AND s.functional_id = k.functional_id
    ORDER BY s.sku_id, s.functional_id
    FOR UPDATE OF s
)
UPDATE inventory_stockrow s
SET on_hand = s.on_hand + l.quantity, version = s.version + 1, updated_at = now()
FROM locked l WHERE s.id = l.id AND s.on_hand + l.quantity >= s.allocated
"""


def update_stock(
    connection: "Connection[Any]", sku_ids: Sequence[int], functional_ids: Sequence[int], quantities: Sequence[int]
) -> None:
    """Change stock rows by ids, without ledger, marks or codes; all or nothing."""
    with connection.transaction():
        done = connection.execute(UPDATE_STOCK, [list(sku_ids), list(functional_ids), list(quantities)])
        if done.rowcount != len(sku_ids):
            raise ValueError("a row has too little stock")
