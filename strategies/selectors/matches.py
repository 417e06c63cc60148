"""What conditions match at a moment: how many SKUs and cells, and a few of them by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from strategies.registry import Kind, facts_of, find_fact, label_choices
from strategies.rules import compile_conditions
from strategies.rules.shapes import Bools, Conditions, Grid

SAMPLE = 10
SKU = "sku"  # the fact that names a SKU


@dataclass(frozen=True, slots=True)
class MatchedSku:
    """A SKU that matches, in words, and the codes of the places where it does: None for every place."""

    words: str
    places: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Matches:
    """How many SKUs match in some place, in how many cells of the grid, and the first few."""

    skus: int
    cells: int
    sample: tuple[MatchedSku, ...]


def find_matches(kind: Kind, conditions: Conditions, at: datetime) -> Matches:
    """What the conditions, which must be in order, match; spread evenly over the SKUs when there are many."""
    matcher = compile_conditions(conditions, {fact.key: fact for fact in facts_of(kind)})
    grid = kind.load(matcher.facts, None, at)
    shape = (len(grid.places), len(grid.sku_ids))
    truth = np.broadcast_to(matcher.match(grid), shape)
    found = np.flatnonzero(truth.any(axis=0))
    chosen = found[:: max(1, len(found) // SAMPLE)][:SAMPLE].tolist()
    return Matches(len(found), int(np.count_nonzero(truth)), _name_all(kind, grid, truth, chosen))


def name_skus(kind: Kind, sku_ids: Sequence[int], at: datetime) -> dict[int, str]:
    """The words for each SKU: its code and its name."""
    if not sku_ids:
        return {}
    grid = kind.load([SKU], sku_ids, at)
    column = grid.columns[SKU]
    codes = [column.codes[place] for place in column.values.tolist()]
    labels = label_choices(find_fact(SKU), codes)
    return {sku_id: labels.get(code, code) for sku_id, code in zip(grid.sku_ids.tolist(), codes, strict=True)}


def _name_all(kind: Kind, grid: Grid, truth: Bools, chosen: Sequence[int]) -> tuple[MatchedSku, ...]:
    sku_ids = grid.sku_ids[chosen].tolist()
    names = name_skus(kind, sku_ids, grid.at)
    # A SKU that is deleted between the two reads isn't worth a line.
    named = [(names[sku_id], column) for sku_id, column in zip(sku_ids, chosen, strict=True) if sku_id in names]
    return tuple(MatchedSku(words, _places(grid, truth[:, column])) for words, column in named)


def _places(grid: Grid, truth: Bools) -> tuple[str, ...] | None:
    if truth.all():
        return None
    return tuple(grid.places[place] for place in np.flatnonzero(truth))
