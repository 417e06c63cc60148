"""The catalogue and the supply network from a file, and back into one."""

from decimal import Decimal

import pytest

from core.sheets.registry import find_sheet
from core.sheets.sheet import export_cells
from core.sheets.workbooks import to_csv, to_xlsx
from inventory.models import (
    Brand,
    BundleComponent,
    Category,
    DirtySku,
    LinkOverride,
    Sku,
    SupplyLink,
)
from tests.factories import (
    BrandFactory,
    BundleComponentFactory,
    CategoryFactory,
    FunctionalWarehouseFactory,
    LinkOverrideFactory,
    SkuFactory,
    SupplyFactory,
    SupplyLinkFactory,
)
from tests.sheet_files import csv_file, faults, load, plan, xlsx

pytestmark = pytest.mark.django_db


def exported(sheet: str, queryset, write=to_xlsx):
    import io

    return io.BytesIO(write(export_cells(find_sheet(sheet), queryset)))


def test_skus_are_added_and_changed_by_their_code():
    BrandFactory(code="linden")
    SkuFactory(code="A", name="Old", price=Decimal(10), season="2024")
    found = load(
        "skus",
        xlsx(
            ["Name", "Code", "Brand", "Price", "Tags"],
            ["New", "A", "linden", 12.5, "x,y"],
            ["毛衣", "B", None, None, None],
        ),
    )
    assert (found.new, found.changed) == (1, 1)
    first, second = Sku.objects.order_by("code")
    assert (first.name, str(first.brand), first.price, first.tags) == ("New", "linden", Decimal("12.50"), ["x", "y"])
    assert first.season == "2024", "a column that is not in the file is left alone"
    assert (second.brand, second.price, second.tags, second.lifecycle) == (None, None, [], "regular")
    assert "maoyi" in second.search_name
    assert found.changes[0].cells == [
        ("Name", "Old", "New"),
        ("Brand", "", "linden"),
        ("Tags", "", "x, y"),
        ("Price", "10", "12.5"),
    ]


def test_an_empty_cell_clears():
    SkuFactory(code="A", price=Decimal(10))
    load("skus", csv_file("Code,Price", "A,"))
    assert Sku.objects.get().price is None


def test_what_is_as_it_was_is_not_written():
    SkuFactory(code="A", name="A", price=Decimal(10))
    found = plan("skus", csv_file("Code,Name,Price", "A,A,10.00"))
    assert (found.unchanged, found.writes) == (1, [])


def test_faults_of_skus():
    SkuFactory(code="OLD", barcode="111")
    found = faults(
        "skus",
        csv_file(
            "Code,Name,Brand,Barcode,Lifecycle,Price",
            "A,a,nobody,1,New,1",
            "A,a,,2,gone,-1",
            "B,,,1,,x",
            "C,=1,,111,,1",
        ),
    )
    assert found == [
        (2, "Brand", "There is no brand “nobody”."),
        (3, "Price", "-1 is negative."),
        (3, "Lifecycle", "“gone” is not one of: New, Regular, Clearance, Discontinued."),
        (3, "Code", "A stands in row 2 already."),
        (4, "Name", "“Name” may not be empty."),
        (4, "Price", "“x” is not a number."),
        (4, "Barcode", "1 stands in row 2 already."),
        (5, "Name", "A text may not begin with “=”: programs run it as a formula."),
        (5, "Barcode", "The barcode belongs to the SKU OLD."),
    ]
    assert Sku.objects.count() == 1


def test_two_skus_may_swap_their_barcodes():
    SkuFactory(code="A", barcode="1")
    SkuFactory(code="B", barcode=None)
    load("skus", csv_file("Code,Barcode", "A,", "B,1"))
    assert dict(Sku.objects.values_list("code", "barcode")) == {"A": None, "B": "1"}


def test_a_new_sku_needs_a_name():
    assert faults("skus", csv_file("Code,Price", "NEW,1")) == [(2, "", "This row is new and needs the column “Name”.")]


def test_a_sku_that_changes_its_category_is_marked():
    CategoryFactory(code="tops")
    for code in ("A", "B"):
        SkuFactory(code=code, name=code)
    load("skus", csv_file("Code,Name,Category", "A,A,tops", "B,bee,"))
    assert list(DirtySku.objects.values_list("sku__code", flat=True)) == ["A"]


def test_categories_may_name_parents_of_the_same_file():
    load("categories", csv_file("Code,Name,Parent", "tops,Tops,women", "women,Women,"))
    assert Category.objects.get(code="tops", parent__code="women")
    load("categories", csv_file("Code,Parent", "tops,"))
    assert Category.objects.get(code="tops").parent is None


def test_a_category_never_lies_under_itself():
    CategoryFactory(code="a", parent=CategoryFactory(code="b"))
    assert faults("categories", csv_file("Code,Parent", "b,a", "c,nowhere")) == [
        (2, "Parent", "A category can't lie under itself."),
        (3, "Parent", "There is no category “nowhere”."),
        (3, "", "This row is new and needs the column “Name”."),
    ]


def test_the_rows_of_a_bundle_are_all_its_components():
    bundle, first, _second = (SkuFactory(code=code) for code in ("SET", "A", "B"))
    BundleComponentFactory(bundle=bundle, component=first)
    found = load("bundles", csv_file("Bundle,Component,Quantity", "SET,B,2"))
    assert found.changes[0].cells == [("Component", "A × 1", "B × 2")]
    assert list(BundleComponent.objects.values_list("component__code", "quantity")) == [("B", 2)]
    assert DirtySku.objects.get().sku == bundle
    assert plan("bundles", csv_file("Bundle,Component,Quantity", "SET,B,2")).unchanged == 1
    assert [row for row, _, _ in faults("bundles", csv_file("Bundle,Component", "SET,B", "SET,B", "B,A", "A,A"))]


def test_links_and_their_marks():
    supply, functional = SupplyFactory(code="ONLINE"), FunctionalWarehouseFactory(code="DC")
    load("supply-links", csv_file("Supply warehouse,Functional warehouse,Ratio (%),Reserve", "ONLINE,DC,80%,"))
    link = SupplyLink.objects.get()
    assert (link.supply, link.functional, link.ratio, link.reserve, link.active) == (supply, functional, 80, 0, True)
    load("supply-links", csv_file("供应仓,功能仓,启用", "ONLINE,DC,否"))
    link.refresh_from_db()
    assert (int(link.ratio), link.active) == (80, False)


def test_overrides_belong_to_a_link_and_to_a_sku_or_a_category():
    link = SupplyLinkFactory(supply__code="ONLINE", functional__code="DC")
    SupplyFactory(code="OTHER")
    SkuFactory(code="A")
    CategoryFactory(code="tops")
    header = "Supply warehouse,Functional warehouse,SKU,Category,Ratio (%)"
    load("link-overrides", csv_file(header, "ONLINE,DC,A,,50", "ONLINE,DC,,tops,"))
    load("link-overrides", csv_file("Supply warehouse,Functional warehouse,SKU,Reserve", "ONLINE,DC,A,3"))
    values = LinkOverride.objects.order_by("sku").values_list("link", "sku__code", "category__code", "ratio", "reserve")
    assert list(values) == [(link.pk, "A", None, 50, 3), (link.pk, None, "tops", None, None)]
    assert faults("link-overrides", csv_file(header, "OTHER,DC,A,,1", "ONLINE,DC,A,tops,1", "ONLINE,DC,,,1")) == [
        (2, "Functional warehouse", "No link leads from DC to OTHER."),
        (3, "", "Give either a SKU or a category."),
        (4, "", "Give either a SKU or a category."),
    ]


@pytest.mark.parametrize("write", [to_xlsx, to_csv])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_exported_file_imports_back_unchanged(write, language):
    from django.utils import translation

    parent = CategoryFactory(code="women", name="=cmd|' /C calc'!A0")
    SkuFactory(
        code="0123",
        name="-50% 毛衣",
        barcode="6901234567892",
        brand=BrandFactory(code="b"),
        category=parent,
        tags=["core", "+1"],
        cost=Decimal("0.10"),
        weight_g=420,
    )
    BundleComponentFactory(bundle=SkuFactory(code="SET"), quantity=3)
    link = SupplyLinkFactory(ratio=Decimal("0.5"), reserve=3, active=False)
    LinkOverrideFactory(link=link, sku=Sku.objects.get(code="0123"), ratio=Decimal(1))
    LinkOverrideFactory(link=link, category=parent, reserve=0)
    lists = {
        "brands": Brand,
        "categories": Category,
        "skus": Sku,
        "bundles": Sku,
        "supply-links": SupplyLink,
        "link-overrides": LinkOverride,
    }
    with translation.override(language):
        for name, model in lists.items():
            found = plan(name, exported(name, model._default_manager.all(), write))
            assert (found.faults, found.new, found.changed) == ([], 0, 0), name
            assert found.unchanged >= 1
