"""What layers 1 to 4 are computed from: the supply network by index, and stock by SKU column.

F functional warehouses, L links, U supply warehouses, P pools, S SKU columns, C categories.
Ratios are basis points (0..10,000); -1 stands for "not set" in integer arrays.
"""

from dataclasses import dataclass, field

import numpy as np

from .arrays import Bools, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Functionals:
    codes: tuple[str, ...]
    sellable: Bools  # [F] sellable and active, and its warehouse active
    safety: Ints  # [F] default safety stock, units


@dataclass(frozen=True, slots=True, eq=False)
class Supplies:
    codes: tuple[str, ...]
    active: Bools  # [U]


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    functional: Ints  # [L] index of the functional warehouse that feeds
    supply: Ints  # [L] index of the supply warehouse that is fed
    ratio: Ints  # [L] basis points
    reserve: Ints  # [L] units
    active: Bools  # [L]


@dataclass(frozen=True, slots=True, eq=False)
class Pools:
    codes: tuple[str, ...]
    open: Bools  # [P] active and within its dates
    supplies: tuple[tuple[int, ...], ...]  # [P] indices of the supply warehouses gathered


@dataclass(frozen=True, slots=True)
class LinkOverride:
    """Another ratio or reserve for one SKU, or for a category and all beneath it.

    Exactly one of `sku_id` and `category` is set; what is None is left to the link.
    """

    link: int
    sku_id: int | None = None
    category: int | None = None
    ratio: int | None = None
    reserve: int | None = None


def _no_categories() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class SupplyNetwork:
    functionals: Functionals
    links: Links
    supplies: Supplies
    pools: Pools
    overrides: tuple[LinkOverride, ...] = ()
    category_parent: Ints = field(default_factory=_no_categories)  # [C] -1 at the roots


@dataclass(frozen=True, slots=True, eq=False)
class Stock:
    """Stock by functional warehouse (rows) and SKU (columns).

    `free` is on hand - allocated, 0 where there is no stock row. `safety` is the stock row's own
    value, -1 to use the functional warehouse's default; None when no row has its own. `category`
    is each SKU's category index, -1 for none; None when no override names a category.
    32-bit or 64-bit integers of either byte order; 32-bit is faster.
    """

    sku_ids: Ints  # [S] distinct, any order; ascending is faster
    free: Ints  # [F, S]
    safety: Ints | None = None  # [F, S]
    category: Ints | None = None  # [S]

    def __post_init__(self) -> None:
        """Refuse arrays that don't line up: numpy would stretch some of them without a word."""
        size = len(self.sku_ids)
        if self.free.ndim != 2 or self.free.shape[1] != size:
            raise ValueError(f"free has the shape {self.free.shape}; {size} SKU columns are wanted")
        if self.safety is not None and self.safety.shape != self.free.shape:
            raise ValueError(f"safety {self.safety.shape} and free {self.free.shape} differ in shape")
        if self.category is not None and self.category.shape != (size,):
            raise ValueError(f"category has {len(self.category)} entries; {size} are wanted")
