"""The cascade: from stock to what every shop may sell, as one pure function over SKU columns."""

from .compute import CascadeResult, CascadeTrace, compute
from .network import Bundles, CascadeNetwork, Dedicated, Mode, Shares

__all__ = [
    "Bundles",
    "CascadeNetwork",
    "CascadeResult",
    "CascadeTrace",
    "Dedicated",
    "Mode",
    "Shares",
    "compute",
]
