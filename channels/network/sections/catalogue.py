"""Categories, brands and SKUs. What a document doesn't name is left alone: goods don't vanish."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.network.collect import Collector, check_tree, code_of, key_part
from channels.network.registry import Section
from channels.network.schema import CategoryRow, NamedRow, SkuRow
from channels.network.sections.common import (
    by_parent,
    collect_coded,
    in_order,
    named_values,
    plain_values,
    same_names,
    write_coded,
)
from channels.network.tables import Absent, Change, Records, Ref, Table, Values
from channels.network.touched import Touched
from inventory.catalogue.models import Brand, BundleComponent, Category, Sku
from inventory.catalogue.rules import search_name
from inventory.ledger.models import StockRow

CATEGORY_TABLE = Table(
    name="categories",
    label=gettext_lazy("category"),
    model=Category,
    key=("code",),
    values={"name": "name", "parent": "parent__code"},
    refs=(Ref("parent_id", "categories", code_of("parent"), "parent", "parent"),),
)
BRAND_TABLE = Table("brands", gettext_lazy("brand"), Brand, ("code",), same_names("name"))
SKU_TABLE = Table(
    name="skus",
    label=gettext_lazy("SKU"),
    model=Sku,
    key=("code",),
    values={
        "name": "name",
        "barcode": "barcode",
        "brand": "brand__code",
        "category": "category__code",
        **same_names("season", "tags", "price", "cost", "weight_g", "volume_ml", "lifecycle"),
    },
    refs=(
        Ref("brand_id", "brands", code_of("brand"), "brand", "brand"),
        Ref("category_id", "categories", code_of("category"), "category", "category"),
    ),
    unique="barcode",
    derived={"search_name": lambda values: search_name(values["name"])},
)
COMPONENT_TABLE = Table(
    name="skus.components",
    label=gettext_lazy("bundle component"),
    model=BundleComponent,
    key=("bundle__code", "component__code"),
    values=same_names("quantity"),
    refs=(
        Ref("bundle_id", "skus", key_part(0)),
        Ref("component_id", "skus", key_part(1), "sku"),
    ),
    absent=Absent.REMOVE,
    parent=("skus", lambda key, _values: key[:1]),
)


def _collect_skus(rows: Iterable[SkuRow], collector: Collector) -> None:
    for at, row in enumerate(rows):
        path = f"skus[{at}]"
        values = named_values(SKU_TABLE, row) | {"season": row.season or ""}
        collector.add("skus", (row.code,), values, path)
        for number, part in enumerate(row.components):
            place = f"{path}.components[{number}]"
            collector.add("skus.components", (row.code, part.sku), {"quantity": part.quantity}, place, place="sku")


def _write_skus(records: Mapping[str, Records]) -> list[Values]:
    parts = by_parent(records["skus.components"])
    return [_write_sku(key[0], values, parts.get(key, [])) for key, values in in_order(records["skus"])]


def _write_sku(code: str, values: Values, parts: Sequence[tuple[Any, Values]]) -> Values:
    row = {"code": code, **plain_values(values), "season": values["season"] or None}
    if parts:
        row["components"] = [{"sku": key[1], **part} for key, part in parts]
    return row


def _check_categories(collector: Collector) -> None:
    check_tree(collector, "categories", collector.records["categories"])


def _check_skus(collector: Collector) -> None:
    _check_barcodes(collector)
    _check_bundles(collector)
    _check_bundles_without_stock(collector)


def _check_barcodes(collector: Collector) -> None:
    owners: dict[str, Any] = {
        values["barcode"]: key
        for key, values in collector.merged("skus").items()
        if key not in collector.records["skus"]
    }
    for key, values in collector.records["skus"].items():
        barcode = values["barcode"]
        if barcode is None:
            continue
        owner = owners.setdefault(barcode, key)
        if owner != key:
            text = _("%(barcode)s is the barcode of %(sku)s already") % {"barcode": barcode, "sku": owner[0]}
            collector.fault(f"{collector.path('skus', key)}.barcode", text)


def _check_bundles(collector: Collector) -> None:
    """Components are plain SKUs: a bundle of bundles holds nothing that could be counted."""
    for key in collector.records["skus.components"]:
        if key[1] in collector.bundles:
            text = _("%(sku)s is a bundle itself; a bundle is made of plain SKUs only") % {"sku": key[1]}
            collector.fault(f"{collector.path('skus.components', key)}.sku", text)
    for key in collector.stored_ids("skus.components"):
        component = key[1:]
        if key[:1] in collector.records["skus"] or component not in collector.records["skus"]:
            continue
        if component[0] in collector.bundles:
            text = _("%(sku)s is a component of the bundle %(bundle)s and can't be a bundle itself")
            path = f"{collector.path('skus', component)}.components"
            collector.fault(path, text % {"sku": component[0], "bundle": key[0]})


def _check_bundles_without_stock(collector: Collector) -> None:
    bundles = {str(key[0]) for key in collector.records["skus.components"]}
    if not bundles:
        return
    stocked = StockRow.objects.filter(sku__code__in=bundles, on_hand__gt=0)
    for code in sorted(set(stocked.values_list("sku__code", flat=True))):
        text = _("%(sku)s has stock of its own and can't become a bundle") % {"sku": code}
        collector.fault(f"{collector.path('skus', (code,))}.components", text)


def _touch_categories(changes: Sequence[Change], touched: Touched) -> None:
    touched.categories |= {str(c.key[0]) for c in changes if c.before is not None and "parent" in c.fields}


def _touch_skus(changes: Sequence[Change], touched: Touched) -> None:
    for change in changes:
        if change.table == "skus.components" or (change.before is not None and "category" in change.fields):
            touched.skus.add(str(change.key[0]))
        if change.table == "skus" and change.before is not None:
            for name in change.fields:
                touched.sku_fields.setdefault(name, set()).add(str(change.key[0]))


CATEGORIES = Section(
    key="categories",
    schema=list[CategoryRow],
    tables=(CATEGORY_TABLE,),
    collect=collect_coded(CATEGORY_TABLE),
    write_down=write_coded(CATEGORY_TABLE),
    check=_check_categories,
    touch=_touch_categories,
)
BRANDS = Section(
    key="brands",
    schema=list[NamedRow],
    tables=(BRAND_TABLE,),
    collect=collect_coded(BRAND_TABLE),
    write_down=write_coded(BRAND_TABLE),
)
SKUS = Section(
    key="skus",
    schema=list[SkuRow],
    tables=(SKU_TABLE, COMPONENT_TABLE),
    collect=_collect_skus,
    write_down=_write_skus,
    check=_check_skus,
    touch=_touch_skus,
)
