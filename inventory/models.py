"""The models of this app, gathered for Django."""

from inventory.catalogue.models import Brand, BundleComponent, CatalogueVersion, Category, Region, Sku
from inventory.ledger.models import DirtyBatch, DirtySku, Hold, LedgerEntry, StockRow, WaitingSku
from inventory.supply.models import LinkOverride, NetworkVersion, Pool, Supply, SupplyLink
from inventory.warehouses.models import FunctionalWarehouse, GoodsStatus, Warehouse, WarehouseStaff

__all__ = [
    "Brand",
    "BundleComponent",
    "CatalogueVersion",
    "Category",
    "DirtyBatch",
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
    "WaitingSku",
    "Warehouse",
    "WarehouseStaff",
]
