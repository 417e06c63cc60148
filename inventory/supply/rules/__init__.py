"""From stock to supply warehouses and pools: pure integer arithmetic over SKU columns."""

from .arrays import (
    FULL,
    NONE,
    Bools,
    Int64s,
    Ints,
    Sparse,
    basis_points,
    clip_to,
    find_columns,
    share_of,
)
from .layers import (
    SupplyBlock,
    SupplyPlan,
    SupplyResult,
    compute_supply,
    empty_result,
    keep_block,
    total,
)
from .network import (
    Functionals,
    LinkOverride,
    Links,
    Pools,
    Stock,
    Supplies,
    SupplyNetwork,
)
from .overrides import LinkSettings, find_settings
from .reach import find_feeds

__all__ = [
    "FULL",
    "NONE",
    "Bools",
    "Functionals",
    "Int64s",
    "Ints",
    "LinkOverride",
    "LinkSettings",
    "Links",
    "Pools",
    "Sparse",
    "Stock",
    "Supplies",
    "SupplyBlock",
    "SupplyNetwork",
    "SupplyPlan",
    "SupplyResult",
    "basis_points",
    "clip_to",
    "compute_supply",
    "empty_result",
    "find_columns",
    "find_feeds",
    "find_settings",
    "keep_block",
    "share_of",
    "total",
]
