"""The number helpers of the stock arithmetic: whole units and basis points, never floats."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.signedinteger[Any]]
Int64s: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

FULL = 10_000  # basis points of 100 %
NONE = -1  # "not set" in an integer array
INT32_MAX = 2**31 - 1


def basis_points(percent: Decimal | int | float | str) -> int:
    """A percentage of at most two decimals as whole basis points; ValueError if it isn't one."""
    # Through the text: a ratio read from JSON as 0.29 means 0.29, not the nearest binary number.
    points = Decimal(str(percent)) * 100
    if points != points.to_integral_value() or not 0 <= points <= FULL:
        raise ValueError(f"{percent} is not a percentage from 0 to 100 with at most two decimals")
    return int(points)


def share_of(quantity: Ints, ratio: int) -> Ints:
    """floor(quantity x ratio) for a ratio in basis points.

    A full ratio returns `quantity` itself: callers never change the answer in place.
    """
    if ratio == FULL:
        return quantity
    if ratio == 0:
        return np.zeros_like(quantity)
    return quantity * ratio // FULL


def clip_to(value: int, kind: np.dtype[Any]) -> int:
    """A setting made to fit the working width; nothing that narrow is ever larger than the clip."""
    return min(value, INT32_MAX) if kind.itemsize == 4 else value


def narrow(quantities: Ints, factor: int) -> Ints:
    """The same [rows, columns] numbers in the narrowest width whose products can't overflow.

    `factor` is the largest multiplier a column's total will meet. Half the width is half the memory
    traffic, and the traffic is the whole cost.
    """
    peak = int(quantities.max(axis=1, initial=0).sum(dtype=np.int64))
    if peak * factor > INT32_MAX:
        peak = int(quantities.sum(axis=0, dtype=np.int64).max(initial=0))
    return quantities.astype(np.int64 if peak * factor > INT32_MAX else np.int32, copy=False)


def find_columns(sku_ids: Int64s, wanted: Int64s) -> Int64s:
    """The column of each wanted SKU id within `sku_ids` (any order, distinct); -1 where absent."""
    if sku_ids.size == 0 or wanted.size == 0:
        return np.full(wanted.size, NONE, np.int64)
    order = None if bool(np.all(sku_ids[1:] > sku_ids[:-1])) else np.argsort(sku_ids)
    ranked = sku_ids if order is None else sku_ids[order]
    at = np.minimum(np.searchsorted(ranked, wanted), sku_ids.size - 1)
    columns = at if order is None else order[at]
    return np.where(ranked[at] == wanted, columns, NONE)


@dataclass(frozen=True, slots=True, eq=False)
class Sparse:
    """Values at some columns: `columns` ascending and distinct, `values` [rows, len(columns)]."""

    columns: Int64s
    values: Int64s

    def within(self, low: int, high: int) -> tuple[Int64s, Int64s] | None:
        """The part at columns low..high (exclusive), columns counted from `low`; None if empty."""
        first, last = np.searchsorted(self.columns, (low, high))
        if first == last:
            return None
        return self.columns[first:last] - low, self.values[:, first:last]
