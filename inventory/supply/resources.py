"""The supply network's sheets: links and overrides."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.sheets.choices import YesNo
from core.sheets.columns import Code, Percent, Whole
from core.sheets.parsing import Parsed
from core.sheets.sheet import ModelSheet, code_lookup
from inventory.catalogue.models import Category, Sku
from inventory.supply.actions import save_links, save_overrides
from inventory.supply.models import LinkOverride, Supply, SupplyLink
from inventory.warehouses.models import FunctionalWarehouse


def _supply(**values: Any) -> Code:
    return Code(
        name="supply",
        header="Supply warehouse",
        chinese="供应仓",
        required=True,
        lookup=code_lookup(Supply),
        noun=gettext_lazy("supply warehouse"),
        example="ONLINE",
        **values,
    )


def _functional(**values: Any) -> Code:
    return Code(
        name="functional",
        header="Functional warehouse",
        chinese="功能仓",
        required=True,
        lookup=code_lookup(FunctionalWarehouse),
        noun=gettext_lazy("functional warehouse"),
        example="DC1-GOOD",
        **values,
    )


RATIO: dict[str, Any] = {"name": "ratio", "header": "Ratio (%)", "chinese": "比例(%)", "example": 80}
RESERVE: dict[str, Any] = {"name": "reserve", "header": "Reserve", "chinese": "预留", "example": 5}

LINKS = ModelSheet(
    name="supply-links",
    title=gettext_lazy("Supply links"),
    permission="inventory.change_supplylink",
    model=SupplyLink,
    key=("supply", "functional"),
    columns=(
        _supply(),
        _functional(),
        Percent(**RATIO, blank=100, help=gettext_lazy("Percentage of what is available; empty means 100.")),
        Whole(**RESERVE, blank=0, help=gettext_lazy("Units held back before the ratio; empty means 0.")),
        YesNo(name="active", header="Active", chinese="启用", blank=True, example=True),
    ),
    save=save_links,
)


def _check_overrides(parsed: Parsed) -> None:
    """Each row has a link that exists, and a SKU or a category but not both."""
    pairs = set(SupplyLink.objects.values_list("supply__code", "functional__code"))
    for at in range(len(parsed.numbers)):
        row = parsed.row(at)
        if row["supply"] in parsed.ids["supply"] and row["functional"] in parsed.ids["functional"]:
            names = {"functional": row["functional"], "supply": row["supply"]}
            if (row["supply"], row["functional"]) not in pairs:
                parsed.fault(at, "functional", _("No link leads from %(functional)s to %(supply)s.") % names)
        if (row["sku"] is None) == (row["category"] is None):
            parsed.fault(at, "", _("Give either a SKU or a category."))


OVERRIDES = ModelSheet(
    name="link-overrides",
    title=gettext_lazy("Link overrides"),
    help=gettext_lazy(
        "Another ratio or reserve for one SKU or one category; an empty cell leaves the link's own value."
    ),
    permission="inventory.change_linkoverride",
    model=LinkOverride,
    key=("supply", "functional", "sku", "category"),
    optional_key=("sku", "category"),
    columns=(
        _supply(field="link__supply__code"),
        _functional(field="link__functional__code"),
        Code(
            name="sku",
            header="SKU",
            chinese="SKU编码",
            lookup=code_lookup(Sku),
            noun=gettext_lazy("SKU"),
            example="AW25-1001-BLK-M",
        ),
        Code(
            name="category",
            header="Category",
            chinese="品类",
            lookup=code_lookup(Category),
            noun=gettext_lazy("category"),
        ),
        Percent(**RATIO),
        Whole(**RESERVE),
    ),
    checks=(_check_overrides,),
    save=save_overrides,
)
