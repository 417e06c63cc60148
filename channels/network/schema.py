"""The rows of the network document; what is left out has the default given here."""

from decimal import Decimal
from typing import Any, Literal

from pydantic import JsonValue

from channels.network.values import (
    Clock,
    Code,
    Count,
    Fee,
    Flag,
    ItemCode,
    Label,
    Latitude,
    Longitude,
    Moment,
    Name,
    Note,
    Percent,
    Price,
    Remark,
    Row,
    Short,
    Units,
    Whole,
)
from strategies.rules.shapes import Conditions


class StatusRow(Row):
    code: Short
    name: Name | None = None  # the code
    sellable: Flag = False


class RegionRow(Row):
    code: Short
    name: Name | None = None
    parent: Short | None = None
    level: Literal["province", "city", "county"]
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class NamedRow(Row):
    """A brand or a channel."""

    code: Code
    name: Name | None = None


class CategoryRow(NamedRow):
    parent: Code | None = None


class PartRow(Row):
    """A component of a bundle or of a listing."""

    sku: Code
    quantity: Count = 1


class SkuRow(Row):
    code: Code
    name: Name | None = None
    barcode: Code | None = None
    brand: Code | None = None
    category: Code | None = None
    season: Label | None = None
    tags: list[Code] = []
    price: Price | None = None
    cost: Price | None = None
    weight_g: Units | None = None
    volume_ml: Units | None = None
    lifecycle: Literal["new", "regular", "clearance", "discontinued"] = "regular"
    components: list[PartRow] = []


class FunctionalRow(Row):
    code: Code
    status: Short = "good"
    sellable: Flag | None = None  # as its status says
    active: Flag = True
    safety_stock: Units = 0


class WarehouseRow(Row):
    code: Code
    name: Name | None = None
    kind: Literal["dc", "store", "dealer", "forward", "third_party"] = "dc"
    active: Flag = True
    region: Short | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    ships: Flag = True
    pickup: Flag = False
    daily_capacity: Units | None = None
    cutoff: Clock | None = None
    handling_fee: Fee = Decimal(0)
    functional: list[FunctionalRow] = []


class OverrideRow(Row):
    sku: Code | None = None
    category: Code | None = None
    ratio: Percent | None = None
    reserve: Units | None = None


class SourceRow(Row):
    functional: Code
    ratio: Percent = Decimal(100)
    reserve: Units = 0
    active: Flag = True
    overrides: list[OverrideRow] = []


class SupplyRow(Row):
    code: Code
    name: Name | None = None
    active: Flag = True
    sources: list[SourceRow] = []


class ShareRow(Row):
    shop: Code
    ratio: Percent = Decimal(100)
    holdback: Units = 0
    cap: Units | None = None
    priority: Units = 1
    home_supply: Code | None = None
    active: Flag = True


class PoolRow(Row):
    code: Code
    name: Name | None = None
    business_line: Code = "online"
    active: Flag = True
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    supplies: list[Code] = []
    mode: Literal["shared", "proportional", "priority", "depth", "demand"] = "shared"
    scarcity_at: Units | None = None
    shares: list[ShareRow] = []


class DedicatedRow(Row):
    pool: Code
    shop: Code
    sku: Code
    quantity: Units
    consumed: Units | None = None


class SyncRow(Row):
    """Fields of a sync policy. One that is present counts, even when it is null."""

    ratio: Percent | None = None
    offset: Whole | None = None
    buffer: Units | None = None
    min_quantity: Units | None = None
    max_quantity: Units | None = None
    multiple: Count | None = None
    fixed: Units | None = None


class ListingRow(Row):
    code: ItemCode
    title: Note = ""
    active: Flag = True
    paused: Flag = False
    pause_reason: Note = ""
    increase_only: Flag = False
    components: list[PartRow] = []
    sync: SyncRow = SyncRow()


class ShopRow(Row):
    """A shop. Its credentials never stand in a document."""

    code: Code
    name: Name | None = None
    channel: Code
    platform: Short
    active: Flag = True
    config: dict[str, JsonValue] = {}
    sync: SyncRow = SyncRow()
    listings: list[ListingRow] = []


class StrategyRow(Row):
    """A strategy in force; the first of its kind that matches decides."""

    kind: Short
    code: Code
    name: Name | None = None
    conditions: Conditions = Conditions()
    action: dict[str, JsonValue] = {}
    note: Remark = ""


class StockRow(Row):
    functional: Code
    sku: Code
    on_hand: Units = 0
    allocated: Units = 0
    safety_stock: Units | None = None


def explicit(row: Row) -> dict[str, Any]:
    """The fields that the document names, without defaults."""
    return row.model_dump(exclude_unset=True)
