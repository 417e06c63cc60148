"""Shares, dedicated units and listings from a file, and back into one."""

import io
from decimal import Decimal

import pytest

from channels.models import DedicatedUnits, Listing, ListingPart, Share
from core.sheets.registry import find_sheet
from core.sheets.sheet import export_cells
from core.sheets.workbooks import to_csv, to_xlsx
from inventory.models import DirtySku
from tests.factories import (
    DedicatedUnitsFactory,
    ListingFactory,
    ListingPartFactory,
    PoolFactory,
    ShareFactory,
    ShopFactory,
    SkuFactory,
    SupplyFactory,
)
from tests.sheet_files import csv_file, faults, load, plan

pytestmark = pytest.mark.django_db


def test_shares_are_added_and_changed():
    PoolFactory(code="P")
    ShopFactory(code="S")
    SupplyFactory(code="HOME")
    load("shares", csv_file("Dispatch pool,Shop,Ratio (%),Cap,Home supply", "P,S,40,500,HOME"))
    load("shares", csv_file("Dispatch pool,Shop,Cap,Priority", "P,S,,2"))
    share = Share.objects.get(home_supply__code="HOME")
    assert (int(share.ratio), share.holdback, share.cap, share.priority) == (40, 0, None, 2)


def test_dedicated_units_never_fall_below_what_is_consumed():
    units = DedicatedUnitsFactory(pool__code="P", shop__code="S", sku__code="A", quantity=10, consumed=4)
    assert faults("dedicated-units", csv_file("Dispatch pool,Shop,SKU,Quantity", "P,S,A,3")) == [
        (2, "Quantity", "4 of these units are consumed already.")
    ]
    load("dedicated-units", csv_file("Dispatch pool,Shop,SKU,Quantity", "P,S,A,6"))
    units.refresh_from_db()
    assert (units.quantity, units.consumed) == (6, 4)
    assert DirtySku.objects.get().sku == units.sku


@pytest.fixture
def shop():
    for code in ("A", "B", "C"):
        SkuFactory(code=code)
    return ShopFactory(code="S")


HEADER = "Shop,Platform item,Title,SKU,Quantity"


def test_a_listing_with_its_skus(shop):
    found = load("listings", csv_file(HEADER, "S,1001,Set,A,1", "S,1001,Set,B,2", "S,1002,One,A,"))
    assert (found.rows, found.new) == (3, 2)
    parts = ListingPart.objects.order_by("listing__code", "sku__code").values_list(
        "listing__code", "sku__code", "quantity"
    )
    assert list(parts) == [("1001", "A", 1), ("1001", "B", 2), ("1002", "A", 1)]
    again = load("listings", csv_file(HEADER, "S,1001,Set,A,1", "S,1001,Set,C,2"))
    assert again.changes[0].cells == [("SKU", "A × 1, B × 2", "A × 1, C × 2")]
    assert set(ListingPart.objects.filter(listing__code="1001").values_list("sku__code", flat=True)) == {"A", "C"}


def test_rows_of_a_listing_must_agree(shop):
    assert faults("listings", csv_file(HEADER, "S,1001,Set,A,1", "S,1001,Other,A,2")) == [
        (3, "Title", "“Title” differs from row 2, which is about the same thing."),
        (3, "SKU", "A stands in row 2 already."),
    ]
    assert not Listing.objects.exists()


def test_the_sync_policy_field_by_field(shop):
    ListingFactory(shop=shop, code="1001", sync={"buffer": 2, "max_quantity": 9})
    header = "Shop,Platform item,Sync ratio (%),Show at most,Offset"
    load("listings", csv_file(header, "S,1001,12.5,none,-3"))
    assert Listing.objects.get().sync == {"buffer": 2, "max_quantity": None, "ratio": 12.5, "offset": -3}
    load("listings", csv_file(header, "S,1001,,,"))
    assert Listing.objects.get().sync == {"buffer": 2}


@pytest.mark.parametrize("write", [to_xlsx, to_csv])
def test_an_exported_file_imports_back_unchanged(write, shop):
    ShareFactory(ratio=Decimal("0.01"), cap=0, home_supply=SupplyFactory())
    DedicatedUnitsFactory()
    first = ListingFactory(shop=shop, title="@home", sync={"max_quantity": None, "ratio": 1, "offset": -2}, paused=True)
    ListingPartFactory(listing=first)
    ListingPartFactory(listing=first, quantity=4)
    ListingFactory(shop=shop)
    for name, model in (("shares", Share), ("dedicated-units", DedicatedUnits), ("listings", Listing)):
        file = io.BytesIO(write(export_cells(find_sheet(name), model.objects.all())))
        found = plan(name, file)
        assert (found.faults, found.new, found.changed) == ([], 0, 0), name
        assert found.unchanged >= 1
