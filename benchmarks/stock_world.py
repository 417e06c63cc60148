"""Stock to move: SKUs in functional warehouses, made by the server itself."""

from psycopg import Connection

_PLACES = """
INSERT INTO inventory_warehouse (code, name, kind, active, ships, pickup, handling_fee)
SELECT 'W' || n, 'Warehouse ' || n, 'dc', true, true, false, 0 FROM generate_series(1, %(places)s) n;
INSERT INTO inventory_functionalwarehouse (code, warehouse_id, status_id, sellable, active, safety_stock)
SELECT w.code || '-GOOD', w.id, g.id, true, true, 0
FROM inventory_warehouse w, inventory_goodsstatus g WHERE g.code = 'good';
"""

_SKUS = """
INSERT INTO inventory_sku (code, name, search_name, season, tags, lifecycle, created_at)
SELECT 'SKU-' || lpad(n::text, 7, '0'), 'Item ' || n, '', '', '{}', 'regular', now()
FROM generate_series(1, %(skus)s) n;
"""

_STOCK = """
INSERT INTO inventory_stockrow (sku_id, functional_id, on_hand, allocated, version, updated_at)
SELECT s.id, f.id, %(units)s, 0, 1, now()
FROM inventory_sku s CROSS JOIN inventory_functionalwarehouse f ORDER BY s.id, f.id;
"""

_EMPTY = """
TRUNCATE inventory_stockrow, inventory_ledgerentry, inventory_dirtysku, inventory_functionalwarehouse,
    inventory_warehouse, inventory_sku CASCADE
"""


def fill_stock(connection: "Connection[tuple[object, ...]]", *, skus: int, places: int, units: int = 1000) -> None:
    """Replace all stock by `units` of each of `skus` SKUs in each of `places` functional warehouses."""
    with connection.transaction():
        connection.execute(_EMPTY)
        for statements in (_PLACES, _SKUS, _STOCK):
            for statement in filter(str.strip, statements.split(";")):
                connection.execute(statement, {"skus": skus, "places": places, "units": units})
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE")
    connection.autocommit = False
