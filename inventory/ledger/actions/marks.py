"""Marks SKUs whose numbers must be recomputed, and wakes the worker that does it.

A mark is a row whose generation grows, made in the transaction of the change itself. Configuration touches
only SKUs that lie somewhere: of a SKU with nothing on hand every layer shows 0 before and after. Bundles of a
marked SKU are the worker's to find.

Which SKUs lie somewhere is read a moment before the change commits. Stock that comes to a place for the first time
in between, or another change of configuration, can't be seen yet, and may be computed without this change; so
whatever is found by place is marked once more after the commit.
"""

from collections.abc import Iterable, Sequence
from functools import partial

from django.db import connection, transaction

from core.queue import nudge
from inventory.ledger.arrays import int_array, unnest

NO_IDS = int_array([])
RECOMPUTE = "channels.cascade.tasks.recompute_dirty"

# Everybody marks in SKU order and after locking stock rows, so marks don't deadlock either. An older mark
# keeps its time: it tells how long the oldest change has been waiting.
MARK = """
INSERT INTO inventory_dirtysku AS dirty (sku_id, generation, marked_at, lease, leased_until)
SELECT m.sku_id, 1, statement_timestamp(), NULL, NULL
FROM (SELECT DISTINCT sku_id FROM ({source}) AS source ORDER BY sku_id) AS m
ON CONFLICT (sku_id) DO UPDATE SET generation = dirty.generation + 1
"""

_GIVEN = f"SELECT sku_id FROM {unnest('bigint')} AS given(sku_id)"

_IN_FUNCTIONALS = "SELECT sku_id FROM inventory_stockrow WHERE on_hand > 0 AND functional_id = ANY(%s::bigint[])"

_FEEDING_SUPPLIES = "SELECT functional_id FROM inventory_supplylink WHERE supply_id = ANY(%s::bigint[])"

_FEEDING_POOLS = """
SELECT l.functional_id FROM inventory_supplylink l
JOIN inventory_pool_supplies p ON p.supply_id = l.supply_id
WHERE p.pool_id = ANY(%s::bigint[])
"""

_TREE = """
SELECT k.id FROM inventory_sku k WHERE k.category_id IN (
    WITH RECURSIVE tree AS (
        SELECT unnest(%s::bigint[]) AS id
        UNION
        SELECT c.id FROM inventory_category c JOIN tree ON c.parent_id = tree.id)
    SELECT id FROM tree)
"""

_IN_CATEGORIES = f"""
SELECT s.sku_id FROM inventory_stockrow s WHERE s.on_hand > 0 AND s.sku_id IN ({_TREE})
"""


def mark_skus(sku_ids: Iterable[int]) -> int:
    """Mark the SKUs with these ids. The number of SKUs marked."""
    return _mark(_GIVEN, sku_ids)


def mark_functionals(functional_ids: Iterable[int]) -> int:
    """Mark every SKU that lies in one of these functional warehouses. The number of SKUs marked."""
    return _mark_twice(_IN_FUNCTIONALS, functional_ids)


def mark_supplies(supply_ids: Iterable[int]) -> int:
    """Mark every SKU that lies where a link of these supply warehouses begins. The number of SKUs marked."""
    return _mark_fed(_FEEDING_SUPPLIES, supply_ids)


def mark_pools(pool_ids: Iterable[int]) -> int:
    """Mark every SKU that lies beneath one of these pools. The number of SKUs marked."""
    return _mark_fed(_FEEDING_POOLS, pool_ids)


def mark_categories(category_ids: Iterable[int], functional_ids: Iterable[int] | None = None) -> int:
    """Mark the SKUs of these categories and of all below them that lie anywhere, or in these functional warehouses.

    Returns the number of SKUs marked.
    """
    if functional_ids is None:
        return _mark_twice(_IN_CATEGORIES, category_ids)
    return _mark_twice(_IN_CATEGORIES + "AND s.functional_id = ANY(%s::bigint[])", category_ids, functional_ids)


def nudge_recompute() -> None:
    """Wake the worker once the transaction commits; for verbs that write marks in their own statement."""
    nudge(RECOMPUTE)


def _mark(source: str, *id_lists: Iterable[int]) -> int:
    return _mark_lists(source, [int_array(sorted(set(ids))) for ids in id_lists])


def _mark_twice(source: str, *id_lists: Iterable[int]) -> int:
    lists = [int_array(sorted(set(ids))) for ids in id_lists]
    transaction.on_commit(partial(_mark_lists, source, lists), robust=True)
    return _mark_lists(source, lists)


def _mark_fed(feeding: str, ids: Iterable[int]) -> int:
    """Mark what lies where these begin; after the commit also where they have begun only since."""
    wanted = int_array(sorted(set(ids)))
    functionals = _find_places(feeding, wanted)
    transaction.on_commit(partial(_mark_fed_again, feeding, wanted, functionals), robust=True)
    return _mark(_IN_FUNCTIONALS, functionals)


def _mark_fed_again(feeding: str, wanted: str, functionals: Sequence[int]) -> None:
    _mark(_IN_FUNCTIONALS, {*functionals, *_find_places(feeding, wanted)})


def _find_places(feeding: str, wanted: str) -> list[int]:
    if wanted == NO_IDS:
        return []
    with connection.cursor() as cursor:
        cursor.execute(feeding, [wanted])
        return [functional for (functional,) in cursor.fetchall()]


def _mark_lists(source: str, lists: Sequence[str]) -> int:
    if NO_IDS in lists:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(MARK.format(source=source), lists)
        marked = int(cursor.rowcount)
    if marked:
        nudge_recompute()
    return marked
