"""What the whole cascade is computed from: the supply network, and how pools are shared by shops.

P pools, H shares, D shops, K bundle parts. Ratios are basis points; -1 stands for "not set".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from inventory.supply.rules import Bools, Ints, Sparse, SupplyNetwork


class Mode(StrEnum):
    """How the rest of a pool, after dedicated units, is divided among its shares."""

    SHARED = "shared"
    PROPORTIONAL = "proportional"
    PRIORITY = "priority"
    DEPTH = "depth"
    DEMAND = "demand"


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    pool: Ints  # [H] index of the pool
    shop: Ints  # [H] index of the shop
    ratio: Ints  # [H] basis points
    holdback: Ints  # [H] units
    cap: Ints  # [H] units, -1 for none
    priority: Ints  # [H] 1 is first
    home_supply: Ints  # [H] index of a supply warehouse, -1 for none
    active: Bools  # [H] an inactive share gets nothing and counts for nothing


def _none() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Dedicated:
    """Units set aside for one share (its pool and shop) of one SKU: three arrays of equal length.

    Entries of SKUs that aren't computed are ignored; entries of one share and SKU add up.
    """

    share: Ints = field(default_factory=_none)
    sku_id: Ints = field(default_factory=_none)
    outstanding: Ints = field(default_factory=_none)  # quantity - consumed


@dataclass(frozen=True, slots=True, eq=False)
class Bundles:
    """The parts of bundles: [K] arrays, one entry per bundle and component.

    Components are plain SKUs. Entries of bundles that aren't computed are ignored; the components
    of a computed bundle must be computed with it.
    """

    bundle_id: Ints = field(default_factory=_none)
    component_id: Ints = field(default_factory=_none)
    quantity: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True, eq=False)
class Sales:
    """Units that shops have sold of SKUs in the last 30 days: three arrays of equal length.

    Only the mode `demand` looks at them. Entries of SKUs that aren't computed are ignored; entries of one shop and SKU
    add up. Of one SKU all shops together have sold fewer than 2 ** 31.
    """

    shop: Ints = field(default_factory=_none)
    sku_id: Ints = field(default_factory=_none)
    units: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """An active share of a pool."""

    share: int
    shop: int
    ratio: int
    holdback: int
    cap: int
    priority: int
    home: int
    dedicated: Sparse | None = None
    sold: Ints | None = None  # [S] units, in the columns of the computation


@dataclass(frozen=True, slots=True, eq=False)
class Dispatch:
    """How one pool serves its shops."""

    pool: int
    mode: Mode
    scarcity_at: int
    members: tuple[Member, ...]  # in priority order


def _nobody() -> Ints:
    return np.empty((0, 0), np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """Which rule decides how a pool serves its shops, SKU by SKU, where it isn't the pool's own settings.

    W SKUs, ascending; a SKU that isn't among them goes by the pools' own settings.
    """

    sku_id: Ints = field(default_factory=_none)
    winner: Ints = field(default_factory=_nobody)  # [P, W] number of the rule, -1 for none
    variants: Mapping[tuple[int, int], Dispatch] = field(default_factory=dict)  # by pool and rule


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class CascadeNetwork:
    supply: SupplyNetwork
    shops: tuple[str, ...]  # [D] codes; they break ties of priority
    shares: Shares
    modes: tuple[Mode, ...]  # [P]
    scarcity_at: Ints  # [P] units, -1 for none
    dedicated: Dedicated = field(default_factory=Dedicated)
    bundles: Bundles = field(default_factory=Bundles)
    sales: Sales = field(default_factory=Sales)
    allocation: Allocation = field(default_factory=Allocation)
