"""The cascade: from stock to what every shop may sell, as one pure function over SKU columns."""

from .compute import CascadeResult, CascadeTrace, compute
from .network import Allocation, Bundles, CascadeNetwork, Dedicated, Dispatch, Member, Mode, Sales, Shares
from .plans import find_dispatches, in_order

__all__ = [
    "Allocation",
    "Bundles",
    "CascadeNetwork",
    "CascadeResult",
    "CascadeTrace",
    "Dedicated",
    "Dispatch",
    "Member",
    "Mode",
    "Sales",
    "Shares",
    "compute",
    "find_dispatches",
    "in_order",
]
