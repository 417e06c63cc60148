"""The models of this app, gathered for Django."""

from inventory.catalogue.models import Brand, BundleComponent, Category, Region, Sku
from inventory.ledger.models import DirtySku, Hold, LedgerEntry, StockRow
from inventory.supply.models import LinkOverride, NetworkVersion, Pool, Supply, SupplyLink
from inventory.warehouses.models import FunctionalWarehouse, GoodsStatus, Warehouse, WarehouseStaff

__all__ = [
    "Brand",
    "BundleComponent",
    "Category",
    "DirtySku",
    "FunctionalWarehouse",
    "GoodsStatus",
    "Hold",
    "LedgerEntry",
    "LinkOverride",
    "NetworkVersion",
    "Pool",
    "Region",
    "Sku",
    "StockRow",
    "Supply",
    "SupplyLink",
    "Warehouse",
    "WarehouseStaff",
]
