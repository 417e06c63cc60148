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

from django.db import OperationalError, connection, transaction
from psycopg import errors

from core.queue import nudge
from inventory.ledger.arrays import int_array, unnest
from inventory.ledger.models import DirtyBatch

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

# For verbs that are too busy for that: one row, which no two of them ever wait for.
MARK_BATCH = """
INSERT INTO inventory_dirtybatch (sku_ids, marked_at) SELECT %s::bigint[], statement_timestamp()
"""
# A batch that another worker is turning into marks is left to it.
_FOLD = """
WITH taken AS (
    DELETE FROM inventory_dirtybatch WHERE id IN (
        SELECT id FROM inventory_dirtybatch WHERE id = ANY(%s) ORDER BY id FOR UPDATE SKIP LOCKED
    ) RETURNING sku_ids, marked_at
)
INSERT INTO inventory_dirtysku AS dirty (sku_id, generation, marked_at, lease, leased_until)
SELECT m.sku_id, 1, min(t.marked_at), NULL, NULL FROM taken t, unnest(t.sku_ids) AS m(sku_id)
GROUP BY m.sku_id ORDER BY m.sku_id
ON CONFLICT (sku_id) DO UPDATE SET generation = dirty.generation + 1
"""
FOLDED_AT_ONCE = 1_000
# Somebody with a long transaction holds a mark: sales of other SKUs needn't wait for it.
FOLD_PATIENCE = "50ms"
FOLDED_ALONE = 20

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


def fold_batches() -> None:
    """Turn the batches of busy verbs into marks; where somebody else is marking their SKUs they may stay for later."""
    batches = list(DirtyBatch.objects.order_by("id").values_list("pk", flat=True)[:FOLDED_AT_ONCE])
    if batches and not _fold(batches):
        for batch in batches[:FOLDED_ALONE]:
            _fold([batch])


def _fold(batches: list[int]) -> bool:
    """Whether it could be done without waiting for long."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{FOLD_PATIENCE}'")
            cursor.execute(_FOLD, [batches])
    except OperationalError as fault:
        if isinstance(fault.__cause__, errors.LockNotAvailable | errors.DeadlockDetected):
            return False
        raise
    return True


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
