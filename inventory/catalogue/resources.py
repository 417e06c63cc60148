"""The catalogue's sheets: brands, categories, SKUs, bundles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.sheets.choices import Choice
from core.sheets.columns import Code, Number, Text, Whole, Words
from core.sheets.folded import FoldedSheet
from core.sheets.parsing import Parsed
from core.sheets.sheet import ModelSheet, code_lookup
from inventory.catalogue.actions import save_brands, save_bundles, save_categories, save_skus
from inventory.catalogue.models import Brand, BundleComponent, Category, Sku

CODE: dict[str, Any] = {"name": "code", "header": "Code", "chinese": "编码", "required": True, "max_length": 64}
NAME: dict[str, Any] = {"name": "name", "header": "Name", "chinese": "名称", "required": True}


def sku_column(**values: Any) -> Code:
    """The column that names a SKU."""
    words = {"name": "sku", "header": "SKU", "chinese": "SKU编码", "example": "AW25-1001-BLK-M"}
    return Code(**{**words, "lookup": code_lookup(Sku), "noun": gettext_lazy("SKU"), **values})


def category_column(**values: Any) -> Code:
    """The column that names a category."""
    words = {"name": "category", "header": "Category", "chinese": "品类", "example": "tops"}
    return Code(**{**words, "lookup": code_lookup(Category), "noun": gettext_lazy("category"), **values})


def _check_barcodes(parsed: Parsed) -> None:
    """A barcode belongs to one SKU, in the file as in the catalogue."""
    if "barcode" not in parsed.values:
        return
    owners = dict(Sku.objects.filter(barcode__in=set(parsed.values["barcode"]) - {None}).values_list("barcode", "code"))
    coming = dict(zip(parsed.values["code"], parsed.values["barcode"], strict=True))
    seen: dict[str, int] = {}
    for at, (code, barcode) in enumerate(zip(parsed.values["code"], parsed.values["barcode"], strict=True)):
        owner = owners.get(barcode, code)
        if barcode is None:
            continue
        if seen.setdefault(barcode, at) != at:
            rows = {"key": barcode, "first": parsed.numbers[seen[barcode]]}
            parsed.fault(at, "barcode", _("%(key)s stands in row %(first)s already.") % rows)
        elif owner != code and coming.get(owner, barcode) == barcode:
            parsed.fault(at, "barcode", _("The barcode belongs to the SKU %(sku)s.") % {"sku": owner})


def _check_parents(parsed: Parsed) -> None:
    """Every parent exists, in the file or in the catalogue, and none lies under itself."""
    if "parent" not in parsed.values:
        return
    parents = dict(Category.objects.values_list("code", "parent__code"))
    parents.update(zip(parsed.values["code"], parsed.values["parent"], strict=True))
    for at, (code, parent) in enumerate(zip(parsed.values["code"], parsed.values["parent"], strict=True)):
        if parent is None:
            continue
        if parent not in parents:
            parsed.fault(at, "parent", _("There is no category “%(code)s”.") % {"code": parent})
            continue
        above, seen = parent, {parent}
        while (above := parents.get(above)) is not None and above not in seen:
            seen.add(above)
        if code in seen:
            parsed.fault(at, "parent", _("A category can't lie under itself."))


BRANDS = ModelSheet(
    name="brands",
    title=gettext_lazy("Brands"),
    permission="inventory.change_brand",
    model=Brand,
    key=("code",),
    columns=(Text(**CODE, example="linden"), Text(**NAME, example="Linden")),
    save=save_brands,
)
CATEGORIES = ModelSheet(
    name="categories",
    title=gettext_lazy("Categories"),
    permission="inventory.change_category",
    model=Category,
    key=("code",),
    columns=(
        Text(**CODE, example="tops"),
        Text(**NAME, example="Tops"),
        Text(
            name="parent",
            field="parent__code",
            attname="parent",
            header="Parent",
            chinese="上级品类",
            help=gettext_lazy("Code of the category above; empty at the top."),
            example="women",
        ),
    ),
    checks=(_check_parents,),
    save=save_categories,
)
SKUS = ModelSheet(
    name="skus",
    title=gettext_lazy("SKUs"),
    permission="inventory.change_sku",
    model=Sku,
    key=("code",),
    columns=(
        Text(**CODE, example="AW25-1001-BLK-M"),
        Text(**NAME, example="Knit sweater black M"),
        Text(name="barcode", header="Barcode", chinese="条码", max_length=64, example="6901234567892"),
        Code(
            name="brand",
            header="Brand",
            chinese="品牌",
            lookup=code_lookup(Brand),
            noun=gettext_lazy("brand"),
            example="linden",
        ),
        category_column(),
        Text(name="season", header="Season", chinese="季节", max_length=32, blank="", example="2025AW"),
        Words(name="tags", header="Tags", chinese="标签", max_length=64, example=["core", "gift"]),
        Number(name="price", header="Price", chinese="售价", example=299),
        Number(name="cost", header="Cost", chinese="成本", example=88),
        Whole(name="weight_g", header="Weight (g)", chinese="重量(克)", example=420),
        Whole(name="volume_ml", header="Volume (ml)", chinese="体积(毫升)", example=3000),
        Choice(
            name="lifecycle",
            header="Lifecycle",
            chinese="生命周期",
            options=Sku.Lifecycle.choices,
            blank=Sku.Lifecycle.REGULAR.value,
            example=Sku.Lifecycle.REGULAR.value,
        ),
    ),
    checks=(_check_barcodes,),
    save=save_skus,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleSheet(FoldedSheet):
    """Bundles are SKUs that exist already; the sheet gives them their components."""

    def export_objects(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Of a list of SKUs, those that are bundles."""
        return queryset.filter(components__isnull=False).distinct()


def _components(bundles: Sequence[int]) -> Iterable[tuple[int, str, int]]:
    rows = BundleComponent.objects.filter(bundle__in=bundles).order_by("bundle_id", "component__code")
    return rows.values_list("bundle_id", "component__code", "quantity")


def _check_bundles(parsed: Parsed) -> None:
    """Bundles aren't nested: nothing is both a bundle and a component."""
    bundles, components = parsed.values["code"], parsed.values["component"]
    named = {code for code in (*bundles, *components) if code is not None}
    links = BundleComponent.objects.filter
    are_bundles = set(links(bundle__code__in=named).values_list("bundle__code", flat=True)) | set(bundles)
    for at, component in enumerate(components):
        if component in are_bundles:
            parsed.fault(at, "component", _("%(sku)s is a bundle itself.") % {"sku": component})
    inside = set(links(component__code__in=named).values_list("component__code", flat=True))
    for at, bundle in enumerate(bundles):
        if bundle in inside:
            parsed.fault(at, "code", _("%(sku)s is a component of another bundle.") % {"sku": bundle})


BUNDLES = BundleSheet(
    name="bundles",
    title=gettext_lazy("Bundles"),
    help=gettext_lazy("The rows of a bundle are all its components: one that isn't in the file is removed."),
    permission="inventory.change_sku",
    model=Sku,
    key=("code",),
    columns=(
        sku_column(name="code", header="Bundle", chinese="组合SKU", required=True, field="code", attname="id"),
        sku_column(name="component", header="Component", chinese="组件SKU"),
        Whole(name="quantity", header="Quantity", chinese="数量", minimum=1, blank=1, example=2),
    ),
    part="component",
    amount="quantity",
    children=_components,
    checks=(_check_bundles,),
    save=save_bundles,
)
