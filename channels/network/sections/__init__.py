"""The sections of this app and of inventory, in the order of a dump."""

from channels.network.registry import register
from channels.network.sections import catalogue, places, pools, shops, stock, strategies, supplies, sync

register(
    places.STATUSES,
    places.REGIONS,
    shops.CHANNELS,
    catalogue.CATEGORIES,
    catalogue.BRANDS,
    catalogue.SKUS,
    places.WAREHOUSES,
    supplies.SUPPLIES,
    pools.POOLS,
    pools.DEDICATED,
    sync.SYNC,
    shops.SHOPS,
    strategies.STRATEGIES,
    stock.STOCK,
)
