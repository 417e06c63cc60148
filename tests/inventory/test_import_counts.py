"""Stock counts and movements from a file."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from core.errors import Conflict
from core.sheets.faults import SheetRefused
from core.sheets.registry import find_sheet
from inventory.ledger import staging
from inventory.ledger.actions import Count, HoldRequest, count_stock, place_holds
from inventory.models import DirtySku, LedgerEntry, StockRow, WarehouseStaff
from tests.factories import BundleComponentFactory, FunctionalWarehouseFactory, SkuFactory
from tests.sheet_files import csv_file, faults, load, plan, xlsx

pytestmark = pytest.mark.django_db
HEADER = "Functional warehouse,SKU,On hand"


@pytest.fixture
def functional():
    return FunctionalWarehouseFactory(code="DC-GOOD")


@pytest.fixture
def skus():
    return [SkuFactory(code=code) for code in ("A", "B", "C")]


def stock() -> dict[str, int]:
    return dict(StockRow.objects.values_list("sku__code", "on_hand"))


def xlsx_of(*lines: str):
    return xlsx(*([_number(cell) for cell in line.split(",")] for line in lines))


def _number(cell: str):
    return float(cell) if cell.lstrip("-").replace(".", "").isdigit() else cell


@pytest.mark.parametrize("make", [csv_file, xlsx_of])
def test_a_count_becomes_stock_ledger_and_marks(make, functional, skus):
    count_stock([Count("DC-GOOD", "A", 5), Count("DC-GOOD", "B", 2)], actor="mia")
    DirtySku.objects.all().delete()
    found = load("stock-counts", make(HEADER, "DC-GOOD,A,5", "DC-GOOD,B,7", "DC-GOOD,C,1"))
    assert (found.rows, found.new, found.changed, found.unchanged) == (3, 1, 1, 1)
    assert [(change.row, change.key, change.new, change.cells) for change in found.changes] == [
        (3, "DC-GOOD / B", False, [("On hand", "2", "7")]),
        (4, "DC-GOOD / C", True, [("On hand", "", "1")]),
    ]
    assert stock() == {"A": 5, "B": 7, "C": 1}
    entries = LedgerEntry.objects.order_by("-id")[:2].values_list("sku__code", "kind", "quantity", "balance", "actor")
    assert sorted(entries) == [("B", "count", 5, 7, "mia"), ("C", "count", 1, 1, "mia")]
    assert set(DirtySku.objects.values_list("sku__code", flat=True)) == {"B", "C"}


@pytest.mark.parametrize("make", [csv_file, xlsx_of])
def test_every_fault_names_its_row_column_and_reason_and_nothing_is_imported(make, functional, skus):
    BundleComponentFactory(bundle=SkuFactory(code="SET"), component=skus[0])
    count_stock([Count("DC-GOOD", "C", 9)], actor="mia")
    place_holds([HoldRequest("DC-GOOD", "C", 4, "photo")], actor="mia")
    before = stock()
    found = faults(
        "stock-counts",
        make(
            f"{HEADER},Expected",
            "DC-GOOD,A,3,",
            "DC-GOOD,A,4,",
            "DC-GOOD,NOPE,1,",
            "NOWHERE,B,1,",
            "DC-GOOD,B,many,",
            "DC-GOOD,SET,1,",
            "DC-GOOD,C,3,",
            "DC-GOOD,B,-2,",
            "DC-GOOD,,1,",
            "=cmd,B,1.5,",
            "DC-GOOD,B,2,7",
        ),
    )
    assert found == [
        (3, "SKU", "A in DC-GOOD stands in row 2 already."),
        (4, "SKU", "There is no SKU “NOPE”."),
        (5, "Functional warehouse", "There is no functional warehouse “NOWHERE”."),
        (6, "On hand", "“many” is not a number."),
        (7, "SKU", "SET is a bundle: it holds no stock, its components do."),
        (8, "On hand", "4 of C in DC-GOOD are held; the count can't be lower."),
        (9, "On hand", "-2 is negative."),
        (9, "SKU", "B in DC-GOOD stands in row 6 already."),
        (10, "SKU", "“SKU” may not be empty."),
        (11, "Functional warehouse", "A text may not begin with “=”: programs run it as a formula."),
        (11, "On hand", "1.5 is not a whole number."),
        (12, "SKU", "B in DC-GOOD stands in row 6 already."),
        (12, "Expected", "DC-GOOD has 0 of B now."),
    ]
    assert stock() == before


def test_a_plain_csv_goes_straight_to_the_database(functional, skus, monkeypatch):
    monkeypatch.setattr(staging, "parse_table", None)
    load("stock-counts", csv_file("在库数量;功能仓;SKU编码", "3;DC-GOOD;A", "4;DC-GOOD;B", encoding="gbk"))
    assert stock() == {"A": 3, "B": 4}


def test_a_plain_csv_may_be_as_long_as_the_limit_and_no_longer(functional, skus, monkeypatch):
    sheet = replace(find_sheet("stock-counts"), row_limit=2)
    lines = (HEADER, "DC-GOOD,A,3", "DC-GOOD,B,4", "DC-GOOD,C,5")
    with pytest.raises(SheetRefused):
        sheet.plan(csv_file(*lines), None)
    monkeypatch.setattr(staging, "parse_table", None)
    assert sheet.plan(csv_file(*lines[:3]), None).new == 2


@pytest.mark.parametrize(
    "lines",
    [
        [HEADER, '"DC-GOOD","A","3"'],
        [HEADER, " DC-GOOD , A , 3 "],
        [HEADER, "DC-GOOD,A,3.0"],
        [HEADER, "", "DC-GOOD,A,3", ",,", ""],
        ["", HEADER, "DC-GOOD,A,3"],
        [f"{HEADER},", "DC-GOOD,A,3,"],
        [f"What is wrong,{HEADER}", "Something,DC-GOOD,A,3"],
    ],
)
def test_a_csv_that_is_not_plain_is_read_all_the_same(lines, functional, skus):
    assert load("stock-counts", csv_file(*lines)).rows == 1
    assert stock() == {"A": 3}


def test_a_stray_end_mark_does_not_cut_the_file_short(functional, skus):
    assert (3, "Functional warehouse", "There is no functional warehouse “\\.”.") in faults(
        "stock-counts", csv_file(HEADER, "DC-GOOD,A,3", "\\.,A,1", "DC-GOOD,B,4")
    )


def test_a_row_that_moved_is_not_overwritten_when_the_file_says_what_it_expects(functional, skus):
    count_stock([Count("DC-GOOD", "A", 5)], actor="mia")
    assert load("stock-counts", csv_file(f"{HEADER},Expected", "DC-GOOD,A,6,5")).changed == 1
    assert faults("stock-counts", csv_file(f"{HEADER},Expected", "DC-GOOD,A,7,5")) == [
        (2, "Expected", "DC-GOOD has 6 of A now.")
    ]


def test_a_hold_placed_between_check_and_writing_refuses_the_whole_file(functional, skus):
    count_stock([Count("DC-GOOD", "A", 5), Count("DC-GOOD", "B", 5)], actor="mia")
    sheet = find_sheet("stock-counts")
    with transaction.atomic():
        found = sheet.plan(csv_file(HEADER, "DC-GOOD,A,1", "DC-GOOD,B,1"), None)
        place_holds([HoldRequest("DC-GOOD", "A", 4, "photo")], actor="mia")
        with pytest.raises(Conflict):
            sheet.write(found, actor="mia")
    assert stock() == {"A": 5, "B": 5}


def test_the_token_changes_when_the_stock_does(functional, skus):
    lines = (HEADER, "DC-GOOD,A,7", "DC-GOOD,B,7")
    first = plan("stock-counts", csv_file(*lines)).token
    assert plan("stock-counts", xlsx_of(*lines)).token == first
    count_stock([Count("DC-GOOD", "C", 1)], actor="mia")
    assert plan("stock-counts", csv_file(*lines)).token == first
    count_stock([Count("DC-GOOD", "B", 1)], actor="mia")
    assert plan("stock-counts", csv_file(*lines)).token != first


def test_who_works_at_a_warehouse_counts_there_alone(functional, skus):
    other = FunctionalWarehouseFactory(code="STORE-GOOD")
    user = get_user_model().objects.create_user("store")
    WarehouseStaff.objects.create(user=user, warehouse=other.warehouse)
    lines = (HEADER, "STORE-GOOD,A,1", "DC-GOOD,A,1")
    for file in (csv_file(*lines), xlsx_of(*lines)):
        assert faults("stock-counts", file, user) == [
            (3, "Functional warehouse", "There is no functional warehouse “DC-GOOD”.")
        ]
    assert load("stock-counts", csv_file(*lines[:2]), user).new == 1


def test_20_000_rows_take_few_statements_and_every_number_arrives(functional, django_assert_max_num_queries):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_sku (code, name, search_name, season, tags, lifecycle, created_at)"
            " SELECT 'N' || n, '', '', '', '{}', 'regular', now() FROM generate_series(1, 20000) AS n"
        )
    rows: list[list[Any]] = [
        ["Functional warehouse", "SKU", "On hand"],
        *(["DC-GOOD", f"N{n}", n % 97] for n in range(1, 20001)),
    ]
    with django_assert_max_num_queries(40):
        load("stock-counts", xlsx(*rows))
    # Rows that never were and are counted as 0 don't come into being.
    assert stock() == {f"N{n}": n % 97 for n in range(1, 20001) if n % 97}
    assert LedgerEntry.objects.count() == len(stock())


MOVES = "Functional warehouse,SKU,Kind,Quantity,To functional warehouse,Reference,Reason"


def test_movements_are_posted_in_their_order(functional, skus):
    FunctionalWarehouseFactory(
        code="DC-BAD", warehouse=functional.warehouse, status__code="defective", status__name="Defective"
    )
    lines = (MOVES, "DC-GOOD,A,Receipt,5,,PO-1,", "DC-GOOD,A,issue,2,,,", "DC-GOOD,A,Status change,1,DC-BAD,,torn")
    found = load("movements", csv_file(*lines))
    assert found.new == 3
    entries = LedgerEntry.objects.order_by("id").values_list("functional__code", "kind", "quantity", "reference")
    assert list(entries) == [
        ("DC-GOOD", "receipt", 5, "PO-1"),
        ("DC-GOOD", "issue", -2, ""),
        ("DC-GOOD", "status_change", -1, ""),
        ("DC-BAD", "status_change", 1, ""),
    ]


def test_what_the_verb_refuses_is_a_fault_of_its_row_and_nothing_moves(functional, skus):
    found = faults(
        "movements", csv_file(MOVES, "DC-GOOD,A,Receipt,5,,,", "DC-GOOD,A,Issue,9,,,", "DC-GOOD,B,Issue,-1,,,")
    )
    assert [(row, column) for row, column, _message in found] == [(3, "Quantity"), (4, "Quantity")]
    assert not LedgerEntry.objects.exists()
    assert not DirtySku.objects.exists()
