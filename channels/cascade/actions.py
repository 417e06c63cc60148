"""Keeps the stored shop quantities equal to what the cascade computes.

A dirty mark is the order to recompute a SKU. A worker leases marks under a token, computes without holding
a lock, and writes only for the marks it still holds; a mark whose generation has grown meanwhile stays. So
a killed worker loses nothing, and a slow one can't put an old number over a newer one.

Everybody locks in one order: dirty marks, shop quantities, listing targets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from django.db import connection, transaction

from channels.allocation.rules import ALLOCATION
from channels.cascade.selectors import ComputedNumbers, ShopNumbers, compute_numbers, find_bundles
from channels.decisions.actions import record_decisions, write_changes
from channels.decisions.selectors import find_changes
from channels.sync.actions import refresh_targets
from channels.sync.selectors import find_listings
from core.bulk import Int64s, copy_numbers
from inventory.ledger.actions.marks import fold_batches, mark_skus

LEASE = timedelta(seconds=30)
CLAIM = 2_000  # SKUs per batch: enough to spread the fixed cost, few enough to be done in a fraction of a second

_CLAIM = """
    UPDATE inventory_dirtysku AS dirty SET lease = %s, leased_until = statement_timestamp() + %s
    FROM (
        SELECT sku_id FROM inventory_dirtysku
        WHERE (leased_until IS NULL OR leased_until < statement_timestamp()) {among}
        ORDER BY marked_at LIMIT %s FOR UPDATE SKIP LOCKED
    ) AS free
    WHERE dirty.sku_id = free.sku_id
    RETURNING dirty.sku_id, dirty.generation
"""
_STORE = """
    INSERT INTO channels_shopquantity AS stored (sku_id, shop_id, quantity, version, updated_at)
    SELECT sku_id, shop_id, quantity, 1, statement_timestamp() FROM shop_difference ORDER BY sku_id, shop_id
    ON CONFLICT (sku_id, shop_id) DO UPDATE
    SET quantity = excluded.quantity, version = stored.version + 1, updated_at = excluded.updated_at
    WHERE stored.quantity <> excluded.quantity
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """Dirty SKUs leased under one token, with the generation each had then."""

    token: UUID
    generations: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Recomputed:
    """How many shop quantities and listing targets changed."""

    numbers: int
    targets: int


def recompute(sku_ids: Sequence[int] | None = None) -> Recomputed:
    """Bring the numbers of these SKUs (all by default) up to date, dirty or not.

    The SKUs that changed are marked as well: should stock have moved while this ran, a worker
    computes them once more, so nothing old remains.
    """
    stored, computed = compute_numbers(sku_ids)
    decided = find_changes(computed.decisions, everything=sku_ids is None)
    changed = computed.sku_ids[(stored.quantity != computed.quantity).any(axis=0)]
    with transaction.atomic():
        mark_skus(np.intersect1d(computed.sku_ids, np.union1d(changed, decided.sku_id)).tolist())
        numbers = _store_differences(stored, computed)
        write_changes(ALLOCATION, decided)
        targets = refresh_targets(find_listings(sku_ids))
    return Recomputed(numbers, targets)


def recompute_dirty(limit: int = CLAIM) -> int:
    """Recompute up to `limit` dirty SKUs and the bundles they are in; how many were claimed, 0 when none waits."""
    claim = claim_dirty(limit)
    if claim.generations:
        settle_claim(claim, *compute_numbers(list(claim.generations)))
    return len(claim.generations)


def claim_dirty(limit: int = CLAIM) -> Claim:
    """Lease the longest waiting dirty SKUs that nobody holds, and the bundles they are in."""
    fold_batches()
    token = uuid4()
    generations = _lease(token, limit)
    bundles = [bundle for bundle in find_bundles(list(generations)) if bundle not in generations]
    if bundles:
        # Marked in a transaction of their own: whoever waits for a mark must not hold others.
        mark_skus(bundles)
        generations |= _lease(token, len(bundles), bundles)
    return Claim(token, generations)


@transaction.atomic
def settle_claim(claim: Claim, stored: ShopNumbers, computed: ComputedNumbers) -> Recomputed:
    """Write the numbers of the SKUs still leased to this claim, refresh their listings and clear their marks."""
    held = _lock_held(claim)
    ours = np.isin(stored.sku_ids, np.array(list(held), np.int64))
    computed = computed.only(ours)
    numbers = _store_differences(stored.only(ours), computed)
    record_decisions(computed.decisions)
    targets = refresh_targets(find_listings(list(held)))
    done = [sku for sku, generation in held.items() if generation == claim.generations[sku]]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM inventory_dirtysku WHERE sku_id = ANY(%s)", [done])
        if len(done) < len(held):
            again = sorted(held.keys() - set(done))
            cursor.execute(
                "UPDATE inventory_dirtysku SET lease = NULL, leased_until = NULL WHERE sku_id = ANY(%s)", [again]
            )
    return Recomputed(numbers, targets)


def _lease(token: UUID, limit: int, among: Sequence[int] | None = None) -> dict[int, int]:
    params: list[Any] = [token, LEASE, limit] if among is None else [token, LEASE, list(among), limit]
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(among="" if among is None else "AND sku_id = ANY(%s)"), params)
        return dict(cursor.fetchall())


def _lock_held(claim: Claim) -> dict[int, int]:
    """Lock the claim's marks that nobody has taken over, in SKU order; their generations now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sku_id, generation FROM inventory_dirtysku WHERE sku_id = ANY(%s) AND lease = %s "
            "ORDER BY sku_id FOR UPDATE",
            [list(claim.generations), claim.token],
        )
        return dict(cursor.fetchall())


def _store_differences(stored: ShopNumbers, computed: ShopNumbers) -> int:
    """Write what differs, with the next version; how many numbers that were."""
    column, shop = np.nonzero((stored.quantity != computed.quantity).T)
    if not column.size:
        return 0
    quantity: Int64s = computed.quantity[shop, column]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS shop_difference "
            "(sku_id bigint, shop_id bigint, quantity integer) ON COMMIT DELETE ROWS"
        )
        copy_numbers(
            "shop_difference",
            computed.sku_ids[column],
            np.array(computed.shop_ids, np.int64)[shop],
            quantity.astype(np.int32),
        )
        cursor.execute(_STORE)
        written = int(cursor.rowcount)
        # The caller's transaction may go on, and store more.
        cursor.execute("DELETE FROM shop_difference")
    return written
