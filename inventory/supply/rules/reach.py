"""Which functional warehouses feed which pools at all, whatever the numbers."""

import numpy as np

from .arrays import Bools
from .network import Stock, SupplyNetwork
from .overrides import find_settings


def find_feeds(network: SupplyNetwork, stock: Stock) -> Bools:
    """[P, F, S] whether an active link with a ratio above 0 brings the SKU from a place that sells into an open pool.

    The ratio is the one that counts for the SKU, with the overrides.
    """
    links, pools = network.links, network.pools
    flows = find_settings(network, stock).ratio > 0
    flows &= np.asarray(links.active, bool)[:, None]
    flows &= np.asarray(network.supplies.active, bool)[links.supply][:, None]
    flows &= np.asarray(network.functionals.sellable, bool)[links.functional][:, None]
    found = np.zeros((len(pools.codes), len(network.functionals.codes), len(stock.sku_ids)), bool)
    for pool in np.flatnonzero(pools.open).tolist():
        gathered = np.isin(links.supply, pools.supplies[pool])
        np.logical_or.at(found[pool], links.functional[gathered], flows[gathered])
    return found
