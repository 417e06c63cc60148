"""The columns of a grid, with what is derived from them once and used by many rows."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .facts import clock_columns
from .patterns import fold_case
from .shapes import NOTHING, Bools, Column, Grid, Int64s


class Indexed:
    """One fact's column and its lookups."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self._folded: tuple[int, int, NDArray[np.str_]] | None = None

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each code stands in `codes`."""
        return {code: place for place, code in enumerate(self.column.codes)}

    def find_codes(self, codes: Iterable[str]) -> list[int]:
        """The places of those codes that the column has."""
        return [self.places[code] for code in codes if code in self.places]

    def flag_codes(self, codes: Iterable[str], *, nothing: bool) -> Bools:
        """[codes + 1] which codes are among these; the last element answers for NOTHING."""
        flags = np.zeros(len(self.column.codes) + 1, np.bool_)
        flags[self.find_codes(codes)] = True
        flags[NOTHING] = nothing
        return flags

    @cached_property
    def _tree(self) -> tuple[dict[str, int], list[Int64s]]:
        """Where each node stands, the column's codes first, and each node's ancestor 1, 2, 4, ... levels up.

        One node more than there are stands for "above the roots".
        """
        nodes = {code: place for place, code in enumerate(self.column.codes)}
        for code, parent in self.column.parents.items():
            nodes.setdefault(code, len(nodes))
            if parent is not None:
                nodes.setdefault(parent, len(nodes))
        above = len(nodes)
        up = np.full(above + 1, above, np.int64)
        for code, parent in self.column.parents.items():
            if parent is not None:
                up[nodes[code]] = nodes[parent]
        jumps = [up]
        while (jumps[-1] != above).any() and len(jumps) < above.bit_length():
            jumps.append(jumps[-1][jumps[-1]])
        return nodes, jumps

    def flag_within(self, codes: Iterable[str]) -> Bools:
        """[codes + 1] which codes are one of these or lie beneath one; the last element, for NOTHING, is False."""
        nodes, jumps = self._tree
        flags = np.zeros(len(nodes) + 1, np.bool_)
        flags[[nodes[code] for code in codes if code in nodes]] = True
        for up in jumps:
            flags |= flags[up]
        flags = flags[: len(self.column.codes) + 1]
        flags[NOTHING] = False
        return flags

    @cached_property
    def sizes(self) -> Int64s:
        """[items] how many codes each item of a MANY has."""
        return np.diff(self._offsets)

    @property
    def _offsets(self) -> Int64s:
        if self.column.offsets is None:
            raise ValueError("a column of lists needs offsets")
        return self.column.offsets

    @cached_property
    def _owners(self) -> tuple[Int64s, Int64s]:
        """The items of every code of a MANY, code by code and ascending, and where each code's begin."""
        order = np.argsort(self.column.values, kind="stable")
        items = np.repeat(np.arange(len(self.sizes)), self.sizes)[order]
        begins = np.searchsorted(self.column.values[order], np.arange(len(self.column.codes) + 1))
        return items, begins

    def items_of(self, place: int, low: int, high: int) -> Int64s:
        """Which of the items low to high - 1 of a MANY have a code, counted from low."""
        items, begins = self._owners
        owners = items[begins[place] : begins[place + 1]]
        first, last = np.searchsorted(owners, (low, high))
        found: Int64s = owners[first:last] - low
        return found

    @cached_property
    def encoded(self) -> "Indexed":
        """A TEXT column as one of codes."""
        codes, values = np.unique(self.column.values, return_inverse=True)
        return Indexed(Column(values.reshape(self.column.values.shape), codes=tuple(codes.tolist())))

    def fold(self, low: int, high: int) -> NDArray[np.str_]:
        """A band of a TEXT column in lower case, flat; the band asked for last is kept."""
        if self._folded is None or self._folded[:2] != (low, high):
            self._folded = low, high, fold_case(self.column.values[..., low:high].ravel())
        return self._folded[2]


class Columns:
    """The facts of one grid, those of the clock among them."""

    def __init__(self, grid: Grid) -> None:
        self._columns: dict[str, Any] = {**grid.columns, **clock_columns(grid.at)}
        self._indexed: dict[str, Indexed] = {}

    def __getitem__(self, key: str) -> Indexed:
        """The fact's column; KeyError when the grid wasn't loaded with it."""
        if key not in self._indexed:
            self._indexed[key] = Indexed(self._columns[key])
        return self._indexed[key]
