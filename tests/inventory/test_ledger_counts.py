"""Absolute counts, from a list and from a staged table."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import Conflict, InvalidInput
from inventory.ledger.actions import (
    Count,
    HoldRequest,
    Movement,
    count_staged,
    count_stock,
    place_holds,
    post_movements,
)
from tests.factories import BundleComponentFactory
from tests.inventory.staging import stage
from tests.inventory.stock_checks import assert_invariants, entries, levels, make_place, make_skus, marks, row

pytestmark = pytest.mark.django_db
GOOD = "DC1-GOOD"


@pytest.fixture(autouse=True)
def stock():
    make_skus("A", "B", "C")
    make_place()
    post_movements([Movement(GOOD, "A", "receipt", 10), Movement(GOOD, "B", "receipt", 20)], actor="ann")


def count(*counts, **options):
    return count_stock([Count(GOOD, *values) for values in counts], actor="bob", **options)


def test_a_count_books_the_difference():
    result = count(("A", 7), ("B", 25), ("C", 3), reference="CYCLE-1", reason="yearly")

    assert (result.changed, result.unchanged) == (3, 0)
    assert levels() == {(GOOD, "A"): (7, 0), (GOOD, "B"): (25, 0), (GOOD, "C"): (3, 0)}
    fields = ("sku__code", "kind", "quantity", "balance", "reference", "reason", "actor")
    assert sorted(entries(*fields)[2:]) == [
        ("A", "count", -3, 7, "CYCLE-1", "yearly", "bob"),
        ("B", "count", 5, 25, "CYCLE-1", "yearly", "bob"),
        ("C", "count", 3, 3, "CYCLE-1", "yearly", "bob"),
    ]
    assert marks() == {"A": 2, "B": 2, "C": 1}
    assert_invariants()


def test_what_is_as_counted_leaves_no_trace():
    before = row()
    result = count(("A", 10), ("C", 0))

    assert (result.changed, result.unchanged) == (0, 2)
    assert len(entries("id")) == 2
    assert marks() == {"A": 1, "B": 1}
    assert (row().version, row().updated_at) == (before.version, before.updated_at)
    assert (GOOD, "C") not in levels()


def test_a_row_that_moved_meanwhile_is_a_conflict():
    for counted in (8, 10):
        with pytest.raises(Conflict) as refused:
            count(("B", 21, 20), ("A", counted, 9))
        (error,) = refused.value.errors
        assert error.path == "counts[1].on_hand"
        assert error.message == "DC1-GOOD has 10 of A now: it has moved since it was counted."
        assert error.extra == {"on_hand": 10}
    with pytest.raises(Conflict, match="has 0 of C now"):
        count(("C", 0, 4))
    assert levels() == {(GOOD, "A"): (10, 0), (GOOD, "B"): (20, 0)}
    assert count(("A", 8, 10)).changed == 1


def test_a_count_below_the_holds_is_a_conflict_that_names_them():
    place_holds(
        [HoldRequest(GOOD, "A", quantity, f"order {quantity}") for quantity in (1, 2, 1, 2)],
        actor="ann",
    )
    with pytest.raises(Conflict) as refused:
        count(("A", 5))
    (error,) = refused.value.errors
    assert error.message == (
        "DC1-GOOD can't have only 5 of A: 6 are held (1 for “order 1”, 2 for “order 2”, 1 for “order 1”, 1 more holds)."
        " Release some first."
    )
    assert error.extra["allocated"] == 6
    assert len(error.extra["holds"]) == 4
    assert count(("A", 6)).changed == 1


@pytest.mark.parametrize("bad", [-1, 2_147_483_648])
def test_a_count_is_a_number_of_units(bad):
    with pytest.raises(InvalidInput, match=f"{bad} isn't a number of units"):
        count(("A", bad))
    with pytest.raises(InvalidInput, match=f"{bad} isn't a number of units"):
        count(("A", 1, bad))


def test_the_same_row_twice_is_refused_naming_both():
    with pytest.raises(InvalidInput) as refused:
        count(("A", 1), ("B", 1), ("A", 1))
    assert [(error.path, error.message) for error in refused.value.errors] == [
        ("counts[2].sku", "A in DC1-GOOD is counted twice: in row 1 and in row 3.")
    ]


def test_unknown_codes_and_bundles_are_refused():
    BundleComponentFactory(bundle__code="SET", component__code="PART")
    with pytest.raises(InvalidInput) as refused:
        count_stock([Count(GOOD, "X", 1), Count("X", "A", 1), Count(GOOD, "SET", 1)], actor="bob")
    assert [error.path for error in refused.value.errors] == ["counts[0].sku", "counts[1].functional", "counts[2].sku"]


def test_without_atomic_the_good_rows_are_counted():
    result = count(("A", 4, 99), ("X", 1), ("B", 18), ("C", 0), atomic=False)

    assert (result.changed, result.unchanged) == (1, 1)
    assert [bool(answer.error) for answer in result.results] == [True, True, False, False]
    assert levels()[GOOD, "B"] == (18, 0)
    assert levels()[GOOD, "A"] == (10, 0)
    assert_invariants()


def test_no_counts_do_nothing():
    assert count() == (0, 0, [])


def test_a_staged_table_is_counted_the_same_way():
    stage(("A", 7, None), ("B", 20, None), ("C", 3, 0))
    assert count_staged("staged", actor="bob") == (2, [])
    assert levels() == {(GOOD, "A"): (7, 0), (GOOD, "B"): (20, 0), (GOOD, "C"): (3, 0)}
    assert_invariants()


def test_conflicts_of_a_staged_table_carry_their_rows_number():
    stage(("A", 7, 9), ("B", 19, None))
    with pytest.raises(Conflict):
        count_staged("staged", actor="bob")
    changed, conflicts = count_staged("staged", actor="bob", atomic=False)
    assert changed == 1
    assert [(conflict.place, conflict.message) for conflict in conflicts] == [
        (2, "DC1-GOOD has 10 of A now: it has moved since it was counted.")
    ]


def test_a_staged_row_that_is_there_twice_is_refused():
    stage(("A", 7, None), ("A", 8, None))
    with pytest.raises(InvalidInput, match="counted twice"):
        count_staged("staged", actor="bob")


def test_rows_that_change_are_locked_in_order_and_by_one_statement():
    with CaptureQueriesContext(connection) as captured:
        count(("B", 1), ("A", 1))
    (statement,) = [query["sql"] for query in captured.captured_queries if "FOR UPDATE" in query["sql"]]
    assert "ORDER BY s.sku_id, s.functional_id\n    FOR UPDATE OF s" in statement
    assert "UPDATE inventory_stockrow" in statement


def test_the_number_of_queries_doesnt_grow_with_the_batch(django_assert_num_queries):
    codes = [f"S{number}" for number in range(60)]
    make_skus(*codes)
    for size in (1, 60):
        # Codes (2), transaction (2), missing rows, and the count.
        with django_assert_num_queries(6):
            count(*[(code, size) for code in codes[:size]])
