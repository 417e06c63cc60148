"""Which SKUs get another winner when the rules change, when time passes, or when somebody edits places."""

from dataclasses import replace
from datetime import datetime

import numpy as np
from django.utils import timezone

from strategies.registry import Kind, find_fact, find_kind
from strategies.rules import Int32s
from strategies.rules.shapes import NOTHING, Grid, Int64s
from strategies.selectors.remembering import Remembered, find_new, put_back
from strategies.selectors.rulesets import Ruleset, decide_cells


def affected_skus(
    kind: str,
    before: Ruleset,
    after: Ruleset,
    at_before: datetime,
    at_after: datetime,
    *,
    places: Remembered | None = None,
) -> Int64s:
    """The ids of the SKUs, ascending, of which any cell was decided by another version before than it is after.

    Facts that the clock moves count as of each moment, those of `places` as they were before, all others as they are
    now. Nobody decided places that aren't among these.
    """
    if not before.rules and not after.rules:
        return np.empty(0, np.int64)
    facts = before.facts | after.facts
    now = find_kind(kind).load(facts, None, at_after)
    then = _as_of(find_kind(kind), now, facts, at_before)
    if then is None:
        return now.sku_ids
    versions = {version: number for number, version in enumerate({*before.version_ids, *after.version_ids})}
    winners = _winners(put_back(then, places or {}), before, versions)
    winners[find_new(then, places or {})] = NOTHING
    changed = winners != _winners(now, after, versions)
    affected: Int64s = now.sku_ids[changed.any(axis=0)]
    return affected


def business_time(at: datetime) -> datetime:
    """The moment in the zone of the business."""
    return timezone.localtime(at, timezone.get_default_timezone())


def _winners(grid: Grid, ruleset: Ruleset, versions: dict[int, int]) -> Int32s:
    """[P, N] the number of the version that decides each cell."""
    # A cell that nobody decides has the index -1, and so gets the last number.
    numbers = np.array([*(versions[version] for version in ruleset.version_ids), NOTHING], np.int32)
    return numbers[decide_cells(grid, ruleset)]


def _as_of(kind: Kind, grid: Grid, facts: frozenset[str], at: datetime) -> Grid | None:
    """The same cells as of another moment; None when places or SKUs have come or gone between the two reads."""
    moving = [key for key in facts if find_fact(key).moves]
    then = business_time(at)
    if then == grid.at or not moving:
        return replace(grid, at=then)
    other = kind.load(moving, None, then)
    same = other.place_ids == grid.place_ids and np.array_equal(other.sku_ids, grid.sku_ids)
    return replace(grid, at=then, columns={**grid.columns, **other.columns}) if same else None
