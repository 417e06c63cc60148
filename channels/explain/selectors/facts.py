"""Everything an explanation says beside the engine's numbers, read as of the same moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from channels.allocation.rules import ALLOCATION, settle_network
from channels.cascade.rules import CascadeNetwork, CascadeResult, CascadeTrace
from channels.cascade.selectors import LoadedCascade, compute_cascade, load_cascade
from channels.decisions.models import Decision
from channels.decisions.selectors import find_decisions
from channels.shops.models import Listing, Shop
from channels.sync.models import SyncDefaults
from inventory.catalogue.models import Sku
from inventory.ledger.models import StockRow
from inventory.supply.models import LinkOverride, Pool, Supply
from inventory.supply.rules import LinkSettings, Stock, SupplyNetwork, find_columns, find_settings


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """The engine's inputs and numbers for some SKUs, and the objects behind its indices by id."""

    loaded: LoadedCascade
    result: CascadeResult
    trace: CascadeTrace
    settings: LinkSettings
    skus: dict[int, Sku]
    rows: dict[int, list[StockRow]]  # by SKU, in the order of the functional warehouses' codes
    overrides: dict[int, LinkOverride]
    supplies: dict[int, Supply]
    pools: dict[int, Pool]
    shops: dict[int, Shop]
    decided: dict[tuple[int, int], Decision]  # on record for allocation, by pool and SKU
    now: datetime
    _settled: dict[int, CascadeNetwork] = field(default_factory=dict)

    def settled(self, column: int) -> CascadeNetwork:
        """What the engine computed with, with the settings that strategies give the pools at this column."""
        if column not in self._settled:
            self._settled[column] = settle_network(self.network, int(self.stock.sku_ids[column]))
        return self._settled[column]

    @property
    def network(self) -> CascadeNetwork:
        """What the engine computed with."""
        return self.loaded.network

    @property
    def supply_network(self) -> SupplyNetwork:
        """Its part up to the pools."""
        return self.loaded.network.supply

    @property
    def stock(self) -> Stock:
        """The stock it computed with."""
        return self.loaded.stock

    def column(self, sku_id: int) -> int:
        """The SKU's column."""
        return self.columns([sku_id])[0]

    def columns(self, sku_ids: Sequence[int]) -> list[int]:
        """The SKUs' columns."""
        found: list[int] = find_columns(self.stock.sku_ids, np.array(sku_ids, np.int64)).tolist()
        return found

    def supply(self, index: int) -> Supply:
        """The supply warehouse at an index of the engine."""
        return self.supplies[self.loaded.supply.supply_ids[index]]

    def shop(self, index: int) -> Shop:
        """The shop at an index of the engine."""
        return self.shops[self.loaded.shop_ids[index]]


def load_facts(sku_ids: Sequence[int], now: datetime) -> Facts:
    """Load and compute these SKUs and the components of bundles among them; a fixed number of queries."""
    loaded = load_cascade(sku_ids, now=now)
    result = compute_cascade(loaded, trace=True)
    if result.trace is None:
        raise AssertionError("the trace was asked for")
    ids = [int(sku) for sku in loaded.stock.sku_ids]
    rows: dict[int, list[StockRow]] = {}
    stock = StockRow.objects.filter(sku__in=ids).select_related("functional__warehouse", "functional__status")
    for row in stock.order_by("functional__code"):
        rows.setdefault(row.sku_id, []).append(row)
    overrides = LinkOverride.objects.select_related("sku", "category")
    return Facts(
        loaded=loaded,
        result=result,
        trace=result.trace,
        settings=find_settings(loaded.network.supply, loaded.stock),
        skus=Sku.objects.in_bulk(ids),
        rows=rows,
        overrides=overrides.in_bulk(loaded.supply.override_ids),
        supplies=Supply.objects.in_bulk(loaded.supply.supply_ids),
        pools=Pool.objects.in_bulk(loaded.supply.pool_ids),
        shops=Shop.objects.only("code", "name", "active", "sync").in_bulk(loaded.shop_ids),
        decided=find_decisions(ALLOCATION, loaded.supply.pool_ids, ids),
        now=now,
    )


def listings_of(shop_id: int, sku_id: int) -> list[Listing]:
    """The shop's listings that sell the SKU, with their parts and targets, by code."""
    found = Listing.objects.filter(shop=shop_id, parts__sku=sku_id).distinct()
    return list(found.select_related("target").prefetch_related("parts__sku").order_by("code"))


def default_policy() -> dict[str, object]:
    """The sync policy every shop and listing starts from."""
    return SyncDefaults.objects.values_list("policy", flat=True).first() or {}
