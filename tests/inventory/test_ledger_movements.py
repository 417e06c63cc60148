"""Receipts, issues, adjustments, opening balances and status changes."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core.errors import Conflict, InvalidInput
from inventory.ledger.actions import HoldRequest, Movement, place_holds, post_movements
from inventory.models import LedgerEntry, StockRow
from tests.factories import BundleComponentFactory
from tests.inventory.stock_checks import assert_invariants, entries, levels, make_place, make_skus, marks, row

pytestmark = pytest.mark.django_db
GOOD, BAD = "DC1-GOOD", "DC1-DEFECTIVE"
MAX = 2_147_483_647


@pytest.fixture(autouse=True)
def place():
    make_skus("A", "B")
    return make_place()


def post(*movements, **options):
    return post_movements([Movement(*movement) for movement in movements], actor="ann", **options)


def test_a_receipt_makes_the_row_the_entry_and_the_mark():
    post((GOOD, "A", "receipt", 5, "", "PO-1", "delivery"))

    assert levels() == {(GOOD, "A"): (5, 0)}
    assert entries("kind", "quantity", "balance", "reference", "reason", "actor") == [
        ("receipt", 5, 5, "PO-1", "delivery", "ann")
    ]
    assert marks() == {"A": 1}
    assert row().version == 1


def test_movements_of_one_row_have_running_balances_in_their_order():
    post((GOOD, "A", "opening", 10), (GOOD, "A", "issue", 4), (GOOD, "B", "receipt", 1), (GOOD, "A", "adjustment", -3))

    assert entries("sku__code", "quantity", "balance") == [("A", 10, 10), ("A", -4, 6), ("B", 1, 1), ("A", -3, 3)]
    assert levels() == {(GOOD, "A"): (3, 0), (GOOD, "B"): (1, 0)}
    assert_invariants()


def test_every_call_adds_one_to_the_version_and_to_the_mark():
    post((GOOD, "A", "receipt", 5))
    before = row()
    post((GOOD, "A", "issue", 1), (GOOD, "A", "issue", 1))

    assert row().version == before.version + 1
    assert row().updated_at > before.updated_at
    assert marks() == {"A": 2}


def test_a_status_change_has_two_entries_that_name_each_other():
    post((GOOD, "A", "receipt", 5))
    post((GOOD, "A", "status_change", 2, BAD, "", "torn"))

    assert levels() == {(GOOD, "A"): (3, 0), (BAD, "A"): (2, 0)}
    assert entries("functional__code", "counterpart__code", "kind", "quantity", "balance")[1:] == [
        (GOOD, BAD, "status_change", -2, 3),
        (BAD, GOOD, "status_change", 2, 2),
    ]


@pytest.mark.parametrize(
    ("movement", "field", "sentence"),
    [
        ((GOOD, "A", "receipt", 0), "quantity", "A movement of 0 units moves nothing."),
        ((GOOD, "A", "receipt", -1), "quantity", "The quantity is -1; only an adjustment can be negative."),
        ((GOOD, "A", "issue", -1), "quantity", "The quantity is -1; only an adjustment can be negative."),
        ((GOOD, "A", "opening", -1), "quantity", "The quantity is -1; only an adjustment can be negative."),
        ((GOOD, "A", "status_change", -1, BAD), "quantity", "The quantity is -1; only an adjustment can be negative."),
        ((GOOD, "A", "receipt", MAX + 1), "quantity", f"{MAX + 1} is more than a stock row can hold ({MAX})."),
        ((GOOD, "A", "adjustment", -MAX - 1), "quantity", f"{-MAX - 1} is more than a stock row can hold ({MAX})."),
        ((GOOD, "X", "receipt", 1), "sku", "There is no SKU “X”."),
        ((GOOD, "a", "receipt", 1), "sku", "There is no SKU “a”."),
        ((GOOD, "A\0", "receipt", 1), "sku", "There is no SKU “A\0”."),
        (("X", "A", "receipt", 1), "functional", "There is no functional warehouse “X”."),
        ((GOOD, "A", "status_change", 1), "to_functional", "Say which functional warehouse the goods go to."),
        ((GOOD, "A", "status_change", 1, "X"), "to_functional", "There is no functional warehouse “X”."),
        ((GOOD, "A", "status_change", 1, GOOD), "to_functional", "The goods are in DC1-GOOD already."),
        (
            (GOOD, "A", "status_change", 1, "DC2-GOOD"),
            "to_functional",
            "DC1-GOOD and DC2-GOOD belong to different warehouses; a status change stays within one.",
        ),
        (
            (GOOD, "A", "receipt", 1, BAD),
            "to_functional",
            "Only a status change goes to another functional warehouse.",
        ),
        ((GOOD, "A", "receipt", 1, "", "r" * 201), "reference", "Use at most 200 ordinary characters."),
        ((GOOD, "A", "receipt", 1, "", "", "\0"), "reason", "Use at most 200 ordinary characters."),
    ],
)
def test_what_doesnt_fit_is_refused_with_its_place(movement, field, sentence):
    make_place("DC2")
    with pytest.raises(InvalidInput) as refused:
        post((GOOD, "B", "receipt", 1), movement)

    assert [(error.path, error.message) for error in refused.value.errors] == [(f"movements[1].{field}", sentence)]
    assert levels() == {}
    assert marks() == {}


def test_an_unknown_kind_is_refused_and_a_count_is_no_movement():
    with pytest.raises(InvalidInput, match="“count” is no kind of movement; use one of opening, receipt, issue"):
        post((GOOD, "A", "count", 1))


def test_a_bundle_holds_no_stock():
    BundleComponentFactory(bundle__code="SET", component__code="PART")
    with pytest.raises(InvalidInput, match="SET is a bundle: it holds no stock, its components do"):
        post((GOOD, "SET", "receipt", 1))


def test_an_issue_beyond_stock_says_how_much_there_is():
    post((GOOD, "A", "receipt", 3))
    with pytest.raises(Conflict) as refused:
        post((GOOD, "A", "issue", 4))

    assert refused.value.errors[0].message == "DC1-GOOD has 3 of A, not 4."
    assert refused.value.errors[0].extra == {"wanted": 4, "available": 3, "holds": []}
    assert levels() == {(GOOD, "A"): (3, 0)}


@pytest.mark.parametrize(("kind", "quantity"), [("issue", 3), ("adjustment", -3), ("status_change", 3)])
def test_what_is_held_cant_leave_and_the_holds_are_named(kind, quantity):
    post((GOOD, "A", "receipt", 7))
    holds = place_holds(
        [HoldRequest(GOOD, "A", 3, "photo shoot"), HoldRequest(GOOD, "A", 2, "VIP")],
        actor="ann",
    )
    with pytest.raises(Conflict) as refused:
        post((GOOD, "A", kind, quantity, BAD if kind == "status_change" else ""))

    (error,) = refused.value.errors
    assert error.message == ("DC1-GOOD has 2 of A free, not 3: of 7, 5 are held (3 for “photo shoot”, 2 for “VIP”).")
    assert [hold["id"] for hold in error.extra["holds"]] == holds
    post((GOOD, "A", "issue", 2))
    assert levels()[GOOD, "A"] == (5, 5)


def test_a_row_holds_no_more_than_an_integer():
    post((GOOD, "A", "receipt", MAX), (BAD, "A", "receipt", 1))
    with pytest.raises(InvalidInput, match=f"DC1-GOOD has {MAX} of A; 1 more is beyond {MAX}"):
        post((GOOD, "A", "receipt", 1))
    with pytest.raises(InvalidInput, match=f"DC1-GOOD has {MAX} of A; 1 more is beyond {MAX}"):
        post((BAD, "A", "status_change", 1, GOOD))
    assert_invariants()


def test_all_faults_of_a_batch_are_told_at_once():
    with pytest.raises(InvalidInput) as refused:
        post((GOOD, "A", "receipt", 0), (GOOD, "A", "issue", 1), ("X", "Y", "receipt", 1))

    assert [error.path for error in refused.value.errors] == [
        "movements[0].quantity",
        "movements[1].quantity",
        "movements[2].sku",
        "movements[2].functional",
    ]
    assert refused.value.detail == (
        "3 rows can't be done, so nothing has changed. Row 1: A movement of 0 units moves nothing."
    )


def test_without_atomic_the_good_rows_go_through_and_the_others_say_why():
    results = post(
        (GOOD, "A", "receipt", 5),
        (GOOD, "A", "issue", 6),
        (GOOD, "X", "receipt", 1),
        (GOOD, "A", "status_change", 9, BAD),
        (GOOD, "A", "issue", 5),
        atomic=False,
    )

    assert [(result.position, result.error, result.conflict) for result in results] == [
        (0, "", False),
        (1, "DC1-GOOD has 5 of A, not 6.", True),
        (2, "There is no SKU “X”.", False),
        (3, "DC1-GOOD has 5 of A, not 9.", True),
        (4, "", False),
    ]
    assert levels()[GOOD, "A"] == (0, 0)
    assert_invariants()


def test_within_one_warehouse_others_dont_exist():
    make_place("DC2")
    with pytest.raises(InvalidInput, match="There is no functional warehouse “DC2-GOOD”"):
        post(("DC2-GOOD", "A", "receipt", 1), within="DC1")
    post((GOOD, "A", "receipt", 1), within="DC1")


def test_no_movements_do_nothing():
    assert post() == []
    assert marks() == {}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE inventory_ledgerentry SET quantity = 6",
        "DELETE FROM inventory_ledgerentry",
        "TRUNCATE inventory_ledgerentry",
    ],
)
def test_the_database_refuses_to_change_the_ledger(change):
    post((GOOD, "A", "receipt", 5))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL onepool.disposable = 'off'")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(change)
    assert entries("quantity") == [(5,)]


def test_the_database_refuses_more_allocated_than_on_hand_and_less_than_nothing():
    post((GOOD, "A", "receipt", 5))
    for values in ({"allocated": 6}, {"on_hand": -1}):
        with pytest.raises(DatabaseError), transaction.atomic():
            StockRow.objects.update(**values)


def test_rows_are_locked_once_in_order_before_they_change():
    post((GOOD, "A", "receipt", 9), (GOOD, "B", "receipt", 9))
    with CaptureQueriesContext(
        connection,
    ) as captured:
        post((GOOD, "B", "issue", 1), (GOOD, "A", "issue", 1))

    queries = [query["sql"] for query in captured.captured_queries]
    (lock,) = [at for at, sql in enumerate(queries) if "FOR UPDATE" in sql]
    (update,) = [at for at, sql in enumerate(queries) if "UPDATE inventory_stockrow" in sql]
    assert "ORDER BY s.sku_id, s.functional_id\n    FOR UPDATE OF s" in queries[lock]
    assert lock == update


def test_rows_of_a_refused_batch_are_locked_in_order_too():
    with CaptureQueriesContext(connection) as captured, pytest.raises(Conflict):
        post((GOOD, "B", "issue", 1), (GOOD, "A", "issue", 1))
    locks = [query["sql"] for query in captured.captured_queries if "FOR UPDATE" in query["sql"]]
    assert len(locks) == 2
    assert "ORDER BY s.sku_id, s.functional_id\nFOR UPDATE OF s" in locks[1]


def test_the_number_of_queries_doesnt_grow_with_the_batch(django_assert_num_queries):
    codes = [f"S{number}" for number in range(60)]
    make_skus(*codes)
    post(*[(GOOD, code, "receipt", 5) for code in codes])
    for size in (1, 60):
        # Codes (2), transaction and row savepoint (4), change, entries and marks.
        with django_assert_num_queries(9):
            post(*[(GOOD, code, "issue", 1) for code in codes[:size]])


def test_texts_with_quotes_and_backslashes_are_kept_as_they_are():
    odd = "a\"b\\c{},NULL' \n"
    post((GOOD, "A", "receipt", 1, "", odd, "NULL"), (GOOD, "A", "receipt", 1, "", "", ""))
    assert entries("reference", "reason") == [(odd, "NULL"), ("", "")]
    assert LedgerEntry.objects.filter(counterpart=None).count() == 2
