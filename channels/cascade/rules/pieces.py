"""Some columns of a block, as those see them who divide a pool."""

from typing import Any

import numpy as np

from inventory.supply.rules import NONE, Int64s, Ints, Sparse, SupplyBlock, find_columns


class Piece:
    """The columns of a block that are shared in one way: all of them, or those named (ascending); read only."""

    def __init__(self, block: SupplyBlock, columns: Int64s | None = None) -> None:
        self._block = block
        self.columns = columns
        self.kind: np.dtype[Any] = block.kind
        self.nothing: Ints = block.nothing if columns is None else np.zeros(columns.size, block.kind)

    def pool(self, index: int) -> Ints:
        """[n] the pool's quantity."""
        return self._cut(self._block.pools[index])

    def supply(self, index: int) -> Ints:
        """[n] the supply warehouse's quantity."""
        return self._cut(self._block.supply(index))

    def own(self, numbers: Ints) -> Ints:
        """[n] the part of numbers about every column that is computed."""
        return self._cut(numbers[self._block.low : self._block.high])

    def entries(self, values: Sparse) -> tuple[Int64s, Int64s] | None:
        """The values at the piece's columns, counted from its first; None if there are none."""
        found = values.within(self._block.low, self._block.high)
        if found is None or self.columns is None:
            return found
        at = find_columns(self.columns, found[0])
        kept = at != NONE
        return (at[kept], found[1][:, kept]) if kept.any() else None

    def _cut(self, numbers: Ints) -> Ints:
        return numbers if self.columns is None else numbers[self.columns]
