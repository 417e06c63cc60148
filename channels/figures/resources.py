"""The sheet of sales by day, for the time before reservations came through here."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.figures.actions import record_sales
from channels.figures.models import ShopSales
from channels.shops.models import Shop
from core.sheets.columns import Code, Whole
from core.sheets.days import Day
from core.sheets.parsing import Parsed
from core.sheets.sheet import ModelSheet, code_lookup
from inventory.catalogue.models import Sku


def _check_days(parsed: Parsed) -> None:
    """Nobody has sold anything tomorrow."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    for at, day in enumerate(parsed.values["day"]):
        if day is not None and day > today:
            parsed.fault(at, "day", _("%(day)s is still to come.") % {"day": day.isoformat()})


def _code(name: str, model: Any, **words: Any) -> Code:
    return Code(name=name, required=True, lookup=code_lookup(model), **words)


SALES_HISTORY = ModelSheet(
    name="sales-history",
    title=gettext_lazy("Sales history"),
    help=gettext_lazy("A day that a file changes is no longer counted from reservations."),
    permission="channels.change_shopsales",
    model=ShopSales,
    key=("shop", "sku", "day"),
    columns=(
        _code("shop", Shop, header="Shop", chinese="店铺", noun=gettext_lazy("shop"), example="TMALL-1"),
        _code("sku", Sku, header="SKU", chinese="SKU编码", noun=gettext_lazy("SKU"), example="AW25-1001-BLK-M"),
        Day(name="day", header="Day", chinese="日期", required=True, example="2026-11-22"),
        Whole(name="units", header="Units", chinese="销量", required=True, example=12),
    ),
    checks=(_check_days,),
    save=record_sales,
)
