"""Which cells of a grid conditions match, and which strategy is the first to match each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .columns import Columns
from .comparisons import Bound, Comparison, compile_row
from .facts import CLOCK_FACTS, FactLike
from .shapes import Axis, Bools, Conditions, Grid, Group

Int32s: TypeAlias = NDArray[np.int32]

_BAND = 8_192  # columns at a time: the cells of a band stay in the processor's cache
_UNDECIDED = np.uint32(0xFFFFFFFF)  # above every index, and NOTHING when read as signed


@dataclass(frozen=True, slots=True)
class Matcher:
    """Conditions made ready for any number of grids."""

    groups: tuple[tuple[Comparison, ...], ...]
    unless: tuple[tuple[Comparison, ...], ...]

    @property
    def facts(self) -> frozenset[str]:
        """The keys of the facts that a grid must have been loaded with: all but those of the clock."""
        return frozenset(row.key for row in self.comparisons if row.key not in CLOCK_FACTS)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Every row, the exclusions' last."""
        return tuple(row for group in (*self.groups, *self.unless) for row in group)

    def match(self, grid: Grid) -> Bools:
        """Which cells match, broadcastable to [P, N]: [1, 1] when neither place nor SKU matters, [P, 1], [1, N] or
        [P, N]. KeyError for a fact the grid wasn't loaded with.
        """
        bound = _BoundMatcher(self, Columns(grid), len(grid.places))
        found = [cells.spread() for cells in bound.judge(0, len(grid.sku_ids))]
        return reduce(np.logical_or, found, np.zeros((1, 1), np.bool_))


def compile_conditions(conditions: Conditions, facts: Mapping[str, FactLike]) -> Matcher:
    """ValueError for a row that checking would refuse; the facts of the clock are known without being given."""
    groups = conditions.any or (Group(),)
    return Matcher(_compile_groups(groups, facts), _compile_groups(conditions.unless, facts))


def _compile_groups(groups: Iterable[Group], facts: Mapping[str, FactLike]) -> tuple[tuple[Comparison, ...], ...]:
    compiled = []
    for group in groups:
        unknown = [row.fact for row in group.all if row.fact not in CLOCK_FACTS and row.fact not in facts]
        if unknown:
            raise ValueError(f"there is no fact {unknown[0]}")
        compiled.append(tuple(compile_row(row, CLOCK_FACTS.get(row.fact) or facts[row.fact]) for row in group.all))
    return tuple(compiled)


def decide(matchers: Sequence[Matcher], grid: Grid) -> Int32s:
    """[P, N] the index of the first matcher that matches each cell, NOTHING where none does."""
    columns, count = Columns(grid), len(grid.sku_ids)
    bound = [_BoundMatcher(matcher, columns, len(grid.places)) for matcher in matchers]
    winners = np.full((len(grid.places), count), _UNDECIDED, np.uint32)
    for low in range(0, count, _BAND):
        high = min(low + _BAND, count)
        for number, matcher in enumerate(bound):
            for cells in matcher.judge(low, high):
                _lower(winners[:, low:high], cells, number)
    return winners.view(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The cells of some places [P] and SKUs [n], and of a mask [P, n] if there is one; None for all."""

    places: Bools | None
    skus: Bools | None
    mask: Bools | None = None

    def spread(self) -> Bools:
        """Broadcastable to [P, n]."""
        spread = np.ones((1, 1), np.bool_)
        if self.places is not None:
            spread = self.places[:, None]
        for factor in (self.skus, self.mask):
            spread = spread if factor is None else spread & factor
        return spread

    def without(self, other: "_Cells") -> "_Cells":
        """These but for the other ones, kept apart by axis where that is possible."""
        if other.mask is None and other.skus is None:
            return replace(self, places=_both(self.places, _negate(other.places)))
        if other.mask is None and other.places is None:
            return replace(self, skus=_both(self.skus, _negate(other.skus)))
        return replace(self, mask=_both(self.mask, ~other.spread()))


def _negate(truth: Bools | None) -> Bools:
    return np.zeros(1, np.bool_) if truth is None else ~truth


def _both(one: Bools | None, other: Bools | None) -> Bools | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


@dataclass(frozen=True, slots=True, eq=False)
class _BoundGroup:
    """A group over one grid: what clock and places say, and how to ask the SKUs."""

    places: Bools | None  # [P] or [1]
    skus: tuple[Bound, ...]
    pairs: tuple[Bound, ...]

    @classmethod
    def bind(cls, group: Sequence[Comparison], columns: Columns, places: int) -> "_BoundGroup | None":
        """None when the clock or every place refuses."""
        by_axis: dict[Axis, list[Bound]] = {axis: [] for axis in Axis}
        for row in group:
            by_axis[row.axis].append(row.bind(columns[row.key]))
        if not all(bound(0, 1).all() for bound in by_axis[Axis.CLOCK]):
            return None
        truth: Bools | None = None
        for bound in by_axis[Axis.PLACE]:
            truth = _both(truth, bound(0, places))
        if truth is not None and not truth.any():
            return None
        return cls(truth, tuple(by_axis[Axis.SKU]), tuple(by_axis[Axis.PAIR]))

    def judge(self, low: int, high: int) -> _Cells | None:
        """The cells of a band; None for none."""
        skus: Bools | None = None
        for bound in self.skus:
            skus = _both(skus, bound(low, high))
            if skus is not None and not skus.any():
                return None
        mask: Bools | None = None
        for bound in self.pairs:
            mask = _both(mask, bound(low, high))
        return _Cells(self.places, skus, mask)


class _BoundMatcher:
    def __init__(self, matcher: Matcher, columns: Columns, places: int) -> None:
        groups = [_BoundGroup.bind(group, columns, places) for group in matcher.groups]
        unless = [_BoundGroup.bind(group, columns, places) for group in matcher.unless]
        self._groups = [group for group in groups if group is not None]
        self._unless = [group for group in unless if group is not None]

    def judge(self, low: int, high: int) -> list[_Cells]:
        """The matching cells of a band, in parts that may overlap."""
        parts = [cells for group in self._groups if (cells := group.judge(low, high)) is not None]
        if parts:
            excluded = [cells for group in self._unless if (cells := group.judge(low, high)) is not None]
            parts = [reduce(_Cells.without, excluded, cells) for cells in parts]
        return parts


def _lower(winners: NDArray[np.uint32], cells: _Cells, number: int) -> None:
    """Lower the winners of a band's cells [P, n] to a number."""
    if cells.places is None:
        places = np.arange(len(winners))
    else:
        places = np.flatnonzero(np.broadcast_to(cells.places, len(winners)))
    if cells.mask is None:
        # Plain arithmetic on whole rows is many times faster than writing through a mask.
        bids = np.array([number], np.uint32) if cells.skus is None else _bid(cells.skus, number)
        for place in places.tolist():
            np.minimum(winners[place], bids, out=winners[place])
        return
    for place in places.tolist():
        truth = cells.mask[place] if cells.skus is None else cells.skus & cells.mask[place]
        np.minimum(winners[place], _bid(truth, number), out=winners[place])


def _bid(truth: Bools, number: int) -> NDArray[np.uint32]:
    """The number where true, elsewhere the highest there is."""
    bids = truth.astype(np.uint32)
    bids -= np.uint32(1)
    bids |= np.uint32(number)
    return bids
