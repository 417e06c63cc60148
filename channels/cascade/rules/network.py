"""What the whole cascade is computed from: the supply network, and how pools are shared by shops.

P pools, H shares, D shops, K bundle parts. Ratios are basis points; -1 stands for "not set".
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from inventory.supply.rules import Bools, Ints, SupplyNetwork


class Mode(StrEnum):
    """How the rest of a pool, after dedicated units, is divided among its shares."""

    SHARED = "shared"
    PROPORTIONAL = "proportional"
    PRIORITY = "priority"
    DEPTH = "depth"


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


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class CascadeNetwork:
    supply: SupplyNetwork
    shops: tuple[str, ...]  # [D] codes; they break ties of priority
    shares: Shares
    modes: tuple[Mode, ...]  # [P]
    scarcity_at: Ints  # [P] units, -1 for none
    dedicated: Dedicated = field(default_factory=Dedicated)
    bundles: Bundles = field(default_factory=Bundles)
