"""A SKU's stock on one page: every row, what each layer makes of it, holds and the latest ledger entries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from channels.cascade.models import ShopQuantity
from channels.explain.selectors.facts import Facts, load_facts
from channels.shops.models import Listing
from inventory.catalogue.models import BundleComponent, Sku
from inventory.ledger.models import Hold, LedgerEntry, WaitingSku
from inventory.ledger.selectors import StockLine, ledger_entries, open_holds, stock_line, stock_rows
from inventory.supply.selectors import one_snapshot
from inventory.warehouses.selectors import within_workplaces, workplaces

RECENT = 20


@dataclass(frozen=True, slots=True)
class Amount:
    """A place in a layer and its units."""

    pk: int
    code: str
    name: str
    quantity: int
    stored: int | None = None  # of a shop: the number worked out last


@dataclass(frozen=True, slots=True)
class Place:
    """A warehouse with its stock rows and their sum."""

    code: str
    name: str
    lines: list[StockLine]
    on_hand: int
    allocated: int
    free: int
    atp: int


@dataclass(frozen=True, slots=True)
class Layers:
    """What each layer holds of a SKU; only for those who see all warehouses."""

    supplies: list[Amount]
    pools: list[Amount]
    shops: list[Amount]
    listings: list[Listing]
    pending: bool


@dataclass(frozen=True, slots=True)
class SkuStock:
    """The page's contents."""

    sku: Sku
    places: list[Place]
    on_hand: int
    allocated: int
    free: int
    atp: int
    layers: Layers | None
    components: list[BundleComponent]
    holds: list[Hold]
    entries: list[LedgerEntry]


def load_sku_stock(sku: Sku, user: AbstractBaseUser | AnonymousUser, now: datetime) -> SkuStock:
    """What the user may see of the SKU: of people with workplaces, those warehouses' stock alone."""
    with one_snapshot():
        rows = within_workplaces(stock_rows().select_related("functional__status").filter(sku=sku), user)
        lines = [stock_line(row) for row in rows.order_by("functional__warehouse__code", "functional__code")]
        holds = within_workplaces(open_holds().filter(sku=sku), user)
        entries = within_workplaces(ledger_entries().filter(sku=sku), user)
        return SkuStock(
            sku=sku,
            places=_places(lines),
            on_hand=sum(line.row.on_hand for line in lines),
            allocated=sum(line.row.allocated for line in lines),
            free=sum(line.free for line in lines),
            atp=sum(line.atp for line in lines),
            layers=_layers(sku, now) if workplaces(user) is None else None,
            components=list(BundleComponent.objects.filter(bundle=sku).select_related("component")),
            holds=list(holds.order_by("-id")[:RECENT]),
            entries=list(entries.order_by("-id")[:RECENT]),
        )


def _places(lines: Collection[StockLine]) -> list[Place]:
    grouped: dict[int, list[StockLine]] = {}
    for line in lines:
        grouped.setdefault(line.row.functional.warehouse_id, []).append(line)
    return [
        Place(
            code=group[0].row.functional.warehouse.code,
            name=group[0].row.functional.warehouse.name,
            lines=group,
            on_hand=sum(line.row.on_hand for line in group),
            allocated=sum(line.row.allocated for line in group),
            free=sum(line.free for line in group),
            atp=sum(line.atp for line in group),
        )
        for group in grouped.values()
    ]


def _layers(sku: Sku, now: datetime) -> Layers:
    facts = load_facts([sku.pk], now)
    column, loaded = facts.column(sku.pk), facts.loaded
    listings = Listing.objects.filter(parts__sku=sku).select_related("shop", "target").distinct()
    return Layers(
        supplies=[
            Amount(pk, supply.code, supply.name, int(facts.trace.supply.supply[at, column]))
            for at, pk in enumerate(loaded.supply.supply_ids)
            if (supply := facts.supplies[pk]).active
        ],
        pools=[
            Amount(pk, pool.code, pool.name, int(facts.trace.supply.pool[at, column]))
            for at, pk in enumerate(loaded.supply.pool_ids)
            if (pool := facts.pools[pk]).active
        ],
        shops=_shops(facts, sku, column),
        listings=list(listings.order_by("shop__code", "code")),
        pending=WaitingSku.objects.filter(sku=sku).exists(),
    )


def _shops(facts: Facts, sku: Sku, column: int) -> list[Amount]:
    stored = dict(ShopQuantity.objects.filter(sku=sku).values_list("shop_id", "quantity"))
    return [
        Amount(pk, shop.code, shop.name, int(facts.result.shop[at, column]), stored.get(pk, 0))
        for at, pk in enumerate(facts.loaded.shop_ids)
        if (shop := facts.shops[pk]).active
    ]
