"""The same shop quantities by the best SQL known: one pass over the stock, pivoted to a row per SKU."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Connection

# Per stock row: what is available, what each supply warehouse gets of it, and what each pool counts once.
# Then a row per SKU with a column per pool, a row per shop from its pool's column, and only the differences.
COMPUTE = """
WITH links AS MATERIALIZED (
    SELECT functional.id AS functional_id, functional.safety_stock AS safety,
           {ratios}
    FROM inventory_functionalwarehouse functional
    JOIN inventory_warehouse warehouse ON warehouse.id = functional.warehouse_id AND warehouse.active
    JOIN inventory_supplylink link ON link.functional_id = functional.id AND link.active
    JOIN inventory_supply supply ON supply.id = link.supply_id AND supply.active
    WHERE functional.active AND functional.sellable
    GROUP BY functional.id
), pools AS (
    SELECT stock.sku_id, {pools}
    FROM inventory_stockrow stock JOIN links USING (functional_id)
    CROSS JOIN LATERAL (
        SELECT greatest(stock.on_hand - stock.allocated - coalesce(stock.safety_stock, links.safety), 0) AS atp
    ) AS layer2
    CROSS JOIN LATERAL (SELECT {contributions}) AS layer3
    {among_stock}
    GROUP BY stock.sku_id
), shares AS MATERIALIZED (
    SELECT share.shop_id, (share.ratio * 100)::int AS ratio, share.holdback, pool.code
    FROM channels_share share JOIN inventory_pool pool ON pool.id = share.pool_id
    WHERE share.active AND pool.active
), computed AS (
    SELECT pools.sku_id, shares.shop_id, greatest(
        (CASE shares.code {by_pool} END * shares.ratio / 10000)::int - shares.holdback, 0) AS quantity
    FROM pools CROSS JOIN shares
)
INSERT INTO channels_shopquantity AS target (sku_id, shop_id, quantity, version, updated_at)
SELECT computed.sku_id, computed.shop_id, computed.quantity, 1, now()
FROM computed
LEFT JOIN channels_shopquantity stored
    ON stored.sku_id = computed.sku_id AND stored.shop_id = computed.shop_id {among_stored}
WHERE computed.quantity <> coalesce(stored.quantity, 0)
ON CONFLICT (sku_id, shop_id) DO UPDATE
SET quantity = excluded.quantity, version = target.version + 1, updated_at = excluded.updated_at
"""


class SqlCascade:
    """The statement for one network: supply warehouses by code, and each pool's supplies by pool code."""

    def __init__(self, supplies: Sequence[str], pools: Mapping[str, Sequence[str]]) -> None:
        ratios = ", ".join(
            f"coalesce(max((link.ratio * 100)::int) FILTER (WHERE supply.code = '{code}'), 0) AS r{at},"
            f" coalesce(max(link.reserve) FILTER (WHERE supply.code = '{code}'), 0) AS h{at}"
            for at, code in enumerate(supplies)
        )
        contributions = ", ".join(
            f"greatest(atp - h{at}, 0)::bigint * r{at} / 10000 AS c{at}" for at in range(len(supplies))
        )
        sources = {
            code: " + ".join(f"c{supplies.index(supply)}" for supply in gathered) for code, gathered in pools.items()
        }
        columns = ", ".join(f"sum(least(atp, {source}))::bigint AS p{at}" for at, source in enumerate(sources.values()))
        by_pool = " ".join(f"WHEN '{code}' THEN p{at}" for at, code in enumerate(pools))
        self._parts = {"ratios": ratios, "contributions": contributions, "pools": columns, "by_pool": by_pool}

    def recompute(self, connection: "Connection[Any]", sku_ids: Sequence[int] | None = None) -> int:
        """Bring the stored numbers (of these SKUs, all by default) up to date; how many changed."""
        some = sku_ids is not None
        statement = COMPUTE.format(
            **self._parts,
            among_stock="WHERE stock.sku_id = ANY(%(skus)s)" if some else "",
            among_stored="AND stored.sku_id = ANY(%(skus)s)" if some else "",
        )
        with connection.transaction():
            connection.execute("SET LOCAL work_mem = '256MB'")
            params = {"skus": list(sku_ids)} if sku_ids is not None else None
            return connection.execute(statement, params).rowcount


def read_availability(connection: "Connection[Any]", shop: str, skus: Sequence[str]) -> list[tuple[str, int, int]]:
    """(SKU, quantity, version) of one shop by codes."""
    return connection.execute(
        "SELECT sku.code, stored.quantity, stored.version FROM inventory_sku sku"
        " JOIN channels_shopquantity stored ON stored.sku_id = sku.id"
        " JOIN channels_shop shop ON shop.id = stored.shop_id"
        " WHERE shop.code = %s AND sku.code = ANY(%s)",
        [shop, list(skus)],
    ).fetchall()
