"""The shops' sheets: shares, dedicated units, listings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.shops.actions import save_dedicated_units, save_listings, save_shares
from channels.shops.models import DedicatedUnits, Listing, ListingPart, Share, Shop
from core.sheets.cells import Cell, as_text
from core.sheets.choices import YesNo
from core.sheets.columns import Code, Column, Number, Percent, Text, Whole
from core.sheets.folded import FoldedSheet
from core.sheets.parsing import Parsed
from core.sheets.sheet import ModelSheet, Row, code_lookup
from inventory.catalogue.models import Sku
from inventory.supply.models import Pool, Supply

SHOP = Code(
    name="shop",
    header="Shop",
    chinese="店铺",
    required=True,
    lookup=code_lookup(Shop),
    noun=gettext_lazy("shop"),
    example="TMALL-1",
)
POOL = Code(
    name="pool",
    header="Dispatch pool",
    chinese="货盘",
    required=True,
    lookup=code_lookup(Pool),
    noun=gettext_lazy("dispatch pool"),
    example="ONLINE",
)


def _sku(*, required: bool) -> Code:
    return Code(
        name="sku",
        header="SKU",
        chinese="SKU编码",
        required=required,
        lookup=code_lookup(Sku),
        noun=gettext_lazy("SKU"),
        example="AW25-1001-BLK-M",
    )


SHARES = ModelSheet(
    name="shares",
    title=gettext_lazy("Shares"),
    permission="channels.change_share",
    model=Share,
    key=("pool", "shop"),
    columns=(
        POOL,
        SHOP,
        Percent(name="ratio", header="Ratio (%)", chinese="比例(%)", blank=100, example=40),
        Whole(
            name="holdback",
            header="Holdback",
            chinese="保留量",
            blank=0,
            example=2,
            help=gettext_lazy("Units this shop never shows."),
        ),
        Whole(
            name="cap",
            header="Cap",
            chinese="上限",
            example=500,
            help=gettext_lazy("The most it may show; empty means no limit."),
        ),
        Whole(
            name="priority",
            header="Priority",
            chinese="优先级",
            blank=1,
            example=1,
            help=gettext_lazy("1 is first; ties go by shop code."),
        ),
        Code(
            name="home_supply",
            header="Home supply",
            chinese="主供应仓",
            lookup=code_lookup(Supply),
            noun=gettext_lazy("supply warehouse"),
        ),
        YesNo(name="active", header="Active", chinese="启用", blank=True, example=True),
    ),
    save=save_shares,
)


def _check_consumed(parsed: Parsed) -> None:
    """No fewer units can be dedicated than are consumed already."""
    if "quantity" not in parsed.values:
        return
    consumed = DedicatedUnits.objects.filter(consumed__gt=0)
    used = {
        (p, sh, sk): n for p, sh, sk, n in consumed.values_list("pool__code", "shop__code", "sku__code", "consumed")
    }
    for at in range(len(parsed.numbers)):
        row = parsed.row(at)
        units = used.get((row["pool"], row["shop"], row["sku"]), 0)
        if row["quantity"] is not None and row["quantity"] < units:
            parsed.fault(at, "quantity", _("%(units)s of these units are consumed already.") % {"units": units})


DEDICATED_UNITS = ModelSheet(
    name="dedicated-units",
    title=gettext_lazy("Dedicated units"),
    permission="channels.change_dedicatedunits",
    model=DedicatedUnits,
    key=("pool", "shop", "sku"),
    columns=(
        POOL,
        SHOP,
        _sku(required=True),
        Whole(name="quantity", header="Quantity", chinese="数量", required=True, example=20),
    ),
    checks=(_check_consumed,),
    save=save_dedicated_units,
)

NEUTRAL_WORDS = ("none", "无")


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncField(Column):
    """One field of a listing's sync policy.

    Empty: the listing doesn't set it and the shop's counts. The word “none”: the listing sets it to nothing,
    whatever the shop says.
    """

    number: Number | Whole

    def parse(self, cell: Cell) -> Any:
        """The number, or `none`."""
        return "none" if as_text(cell).strip().casefold() in NEUTRAL_WORDS else self.number.parse(cell)

    def write(self, value: Any) -> str | int | float:
        """The number, `none` or nothing."""
        return value if value == "none" else self.number.write(value)


def _sync_field(name: str, header: str, chinese: str, kind: type[Number | Whole] = Whole, **limits: Any) -> SyncField:
    number = kind(name=name, header=header, chinese=chinese, **limits)
    help_ = gettext_lazy("Empty: as the shop has it. “none”: not applied, whatever the shop says.")
    return SyncField(
        name=f"sync_{name}", header=header, chinese=chinese, field=f"sync__{name}", number=number, help=help_
    )


SYNC_FIELDS = (
    _sync_field("ratio", "Sync ratio (%)", "同步比例(%)", Percent),
    _sync_field("offset", "Offset", "偏移量", minimum=-999_999_999),
    _sync_field("buffer", "Buffer", "缓冲量"),
    _sync_field("min_quantity", "Show from", "最低显示"),
    _sync_field("max_quantity", "Show at most", "最高显示"),
    _sync_field("multiple", "Multiple of", "倍数", minimum=1),
    _sync_field("fixed", "Fixed number", "固定数量"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingSheet(FoldedSheet):
    """Listings with their parts; the fields of the sync policy are columns of their own."""

    def read_objects(self, queryset: Any, columns: Sequence[Column]) -> Iterable[tuple[Any, ...]]:
        """As for any model, but the policy is read whole: a field that is null isn't one that is absent."""
        plain = [column for column in columns if not isinstance(column, SyncField)]
        for id_, policy, *values in queryset.values_list("pk", "sync", *(column.source for column in plain)):
            found = dict(zip((column.name for column in plain), values, strict=True))
            yield (id_, *(_policy_value(policy, c) if isinstance(c, SyncField) else found[c.name] for c in columns))

    def written(self, columns: Iterable[Column], parsed: Parsed, id_: int | None, after: Row) -> Row:
        """As for any model, with the policy's fields gathered."""
        fields = [column for column in columns if isinstance(column, SyncField)]
        row = super(ListingSheet, self).written([c for c in columns if c not in fields], parsed, id_, after)
        if fields:
            row["sync"] = {field.number.name: _json_value(after[field.name]) for field in fields}
        return row


def _policy_value(policy: dict[str, Any], column: SyncField) -> Any:
    name = column.number.name
    if name not in policy:
        return None
    value = policy[name]
    if value is None:
        return "none"
    return Decimal(str(value)) if isinstance(column.number, Number) else value


def _json_value(value: Any) -> Any:
    if value is None:
        return ...
    if value == "none":
        return None
    return value if not isinstance(value, Decimal) else int(value) if value == int(value) else float(value)


def _parts(listings: Sequence[int]) -> Iterable[tuple[int, str, int]]:
    rows = ListingPart.objects.filter(listing__in=listings).order_by("listing_id", "sku__code")
    return rows.values_list("listing_id", "sku__code", "quantity")


LISTINGS = ListingSheet(
    name="listings",
    title=gettext_lazy("Listings"),
    help=gettext_lazy(
        "One row per SKU of a listing. The rows of a listing are all its SKUs: one that isn't in the file is removed."
    ),
    permission="channels.change_listing",
    model=Listing,
    key=("shop", "code"),
    columns=(
        SHOP,
        Text(
            name="code",
            header="Platform item",
            chinese="平台商品编码",
            required=True,
            max_length=128,
            example="710012345",
        ),
        Text(name="title", header="Title", chinese="标题", blank="", example="Knit sweater"),
        _sku(required=False),
        Whole(name="quantity", header="Quantity", chinese="数量", minimum=1, blank=1, example=1),
        YesNo(name="active", header="Active", chinese="启用", blank=True, example=True),
        YesNo(name="paused", header="Paused", chinese="暂停", example=False),
        Text(name="pause_reason", header="Reason for the pause", chinese="暂停原因", blank=""),
        YesNo(name="increase_only", header="Increase only", chinese="只增不减", example=False),
        *SYNC_FIELDS,
    ),
    part="sku",
    amount="quantity",
    children=_parts,
    save=save_listings,
)
