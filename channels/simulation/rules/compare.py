"""Compares two sides: every shop number and every listing target that differs.

Both sides have the same SKUs, shops, pools and listings. K differences, N listings; quantities are units.
"""

from dataclasses import dataclass

import numpy as np

from channels.simulation.rules.sides import Side
from channels.sync.rules import decide_updates
from core.bulk import Bools, Int64s

NOTHING = -1
MOVED, OPENED, CLOSED = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class LiveTargets:
    """The targets of the N listings as they are stored; NOTHING where there is none."""

    quantity: Int64s
    shown: Int64s  # what the platform shows or may show


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """[K] the shop numbers that differ, by SKU and shop."""

    sku_id: Int64s
    shop_id: Int64s
    before: Int64s
    after: Int64s
    version_before: Int64s  # ids of versions, 0 for none
    version_after: Int64s


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """[K] the listing targets that differ, and the listings that are opened or closed, by listing."""

    listing_id: Int64s
    shop_id: Int64s
    change: Int64s  # MOVED, OPENED or CLOSED
    before: Int64s  # NOTHING for one that never had a number
    after: Int64s
    version_before: Int64s
    version_after: Int64s


def compare_numbers(before: Side, after: Side) -> Numbers:
    """Every shop number that differs, and who decides it."""
    column, row = np.nonzero((before.shop != after.shop).T)
    old, new = _deciding(before, after, row, column)
    return Numbers(
        sku_id=before.sku_ids[column],
        shop_id=np.array(before.shop_ids, np.int64)[row],
        before=before.shop[row, column],
        after=after.shop[row, column],
        version_before=old,
        version_after=new,
    )


def show_targets(side: Side, shown: Int64s, kept: Int64s) -> Int64s:
    """[N] the target of each listing once it is brought up to date; `kept` [N] where it keeps what it had."""
    never = np.zeros(side.listing_ids.size, bool)
    target = decide_updates(side.wanted, shown, paused=never, increase_only=side.increase_only).target
    return np.where(side.kept, kept, target)


def waits(side: Side, shown: Int64s) -> Bools:
    """[N] whether an increase-only listing holds back a decrease."""
    return side.increase_only & ~side.kept & (shown > side.wanted)


def compare_targets(before: Side, after: Side, old: Int64s, new: Int64s) -> Targets:
    """`old` and `new` [N] are the targets of both sides."""
    moves = (old != new) | (before.kept != after.kept)
    at = np.flatnonzero(moves)
    change = np.where(before.kept == after.kept, MOVED, np.where(before.kept, OPENED, CLOSED))
    return Targets(
        listing_id=before.listing_ids[at],
        shop_id=np.array(before.shop_ids, np.int64)[before.listing_shop[at]],
        change=change[at],
        before=old[at],
        after=new[at],
        version_before=before.synced[at],
        version_after=after.synced[at],
    )


def _deciding(before: Side, after: Side, row: Int64s, column: Int64s) -> tuple[Int64s, Int64s]:
    """[K] ids of the versions that decide each number before and after: those of the first pool of the shop where they
    differ, else of the first that any decides.
    """
    old, new = np.zeros(row.size, np.int64), np.zeros(row.size, np.int64)
    settled = np.zeros(row.size, bool)
    for pool in range(len(before.pools)):
        serves = (before.served[pool] | after.served[pool])[row]
        first, last = before.allocated[pool, column], after.allocated[pool, column]
        differ = serves & ~settled & (first != last)
        found = differ | (serves & ~settled & (old == 0) & (new == 0))
        old, new = np.where(found, first, old), np.where(found, last, new)
        settled |= differ
    return old, new
