"""Adds a comparison up: by shop, by category and by pool. Quantities are units; answers are plain data."""

from typing import Any, TypeAlias

import numpy as np

from channels.simulation.rules.compare import CLOSED, NOTHING, OPENED, Numbers, Targets
from channels.simulation.rules.sides import Side, published_units
from core.bulk import Int64s

Line: TypeAlias = dict[str, Any]


def sum_numbers(numbers: Numbers) -> Line:
    """How many shop numbers change, of how many SKUs, and by how much."""
    return {**_changes(numbers.before, numbers.after), "skus": int(np.unique(numbers.sku_id).size)}


def sum_targets(targets: Targets) -> Line:
    """How many listing targets change, and what becomes of the listings."""
    before, after = np.maximum(targets.before, 0), np.maximum(targets.after, 0)
    return {
        **_changes(before, after),
        "changed": int((targets.before != targets.after).sum()),
        "opened": int((targets.change == OPENED).sum()),
        "closed": int((targets.change == CLOSED).sum()),
    }


def sum_shops(before: Side, after: Side, numbers: Numbers, targets: Targets) -> list[Line]:
    """One line for each shop that something changes in."""
    lines = []
    for row, shop in enumerate(before.shop_ids):
        mine, listed = numbers.shop_id == shop, targets.shop_id == shop
        if not mine.any() and not listed.any():
            continue
        zero = listed & (targets.before > 0) & (targets.after == 0)
        lines.append(
            {
                "code": before.shops[row],
                "id": shop,
                "before": int(before.shop[row].sum()),
                "after": int(after.shop[row].sum()),
                **_changes(numbers.before[mine], numbers.after[mine]),
                "targets": int(listed.sum()),
                "targets_to_zero": int(zero.sum()),
            }
        )
    return lines


def sum_categories(before: Side, after: Side, numbers: Numbers, category: Int64s) -> list[Line]:
    """One line for each category that something changes in; `category` [S] are ids, NOTHING for none."""
    of_number = category[np.searchsorted(before.sku_ids, numbers.sku_id)]
    old, new = before.shop.sum(axis=0), after.shop.sum(axis=0)
    lines = []
    for each in np.unique(of_number).tolist():
        mine, columns = of_number == each, category == each
        lines.append(
            {
                "id": None if each == NOTHING else each,
                "before": int(old[columns].sum()),
                "after": int(new[columns].sum()),
                **_changes(numbers.before[mine], numbers.after[mine]),
                "skus": int(np.unique(numbers.sku_id[mine]).size),
            }
        )
    return lines


def sum_pools(before: Side, after: Side, old: Int64s, new: Int64s) -> list[Line]:
    """One line for each pool: its units, what its shops may sell, what their listings publish (`old` and `new` [N]),
    and how much of that no unit of the pool stands behind. A shop of several pools counts in each of them.
    """
    first, last = _pool_lines(before, old), _pool_lines(after, new)
    return [
        {"code": code, **{f"{name}_before": a[name] for name in a}, **{f"{name}_after": b[name] for name in b}}
        for code, a, b in zip(before.pools, first, last, strict=True)
    ]


def _pool_lines(side: Side, targets: Int64s) -> list[Line]:
    published = published_units(side, np.maximum(targets, 0))
    lines = []
    for pool, served in enumerate(side.served):
        promised = published[served].sum(axis=0)
        lines.append(
            {
                "units": int(side.pool[pool].sum()),
                "shown": int(side.shop[served].sum()),
                "published": int(promised.sum()),
                "exposure": int(np.maximum(promised - side.pool[pool], 0).sum()),
            }
        )
    return lines


def _changes(before: Int64s, after: Int64s) -> Line:
    difference = after - before
    return {
        "changed": int((difference != 0).sum()),
        "gained": int(difference[difference > 0].sum()),
        "lost": int(-difference[difference < 0].sum()),
        "to_zero": int(((before > 0) & (after == 0)).sum()),
        "back": int(((before == 0) & (after > 0)).sum()),
    }
