"""The audit of stock rows, ledger and holds: each fault is found by name, and repairs leave the history alone."""

import pytest
from django.db import connection

from core.audit.actions import repair_violations
from core.audit.checks import all_checks
from core.audit.selectors import find_repairable
from inventory.ledger.actions import HoldRequest, Movement, place_holds, post_movements
from inventory.ledger.actions.repairs import compensate_ledger, settle_allocated
from inventory.models import DirtySku, Hold, LedgerEntry, StockRow
from tests.core.audits import audit, corrupt, drop, find, found
from tests.inventory.stock_checks import assert_invariants, levels, make_place, make_skus, row

pytestmark = pytest.mark.django_db
GOOD = "DC1-GOOD"
HELD = "UPDATE inventory_stockrow SET allocated = {} WHERE allocated > 0"
ON_HAND = "UPDATE inventory_stockrow SET on_hand = {} WHERE allocated > 0"
NOT_VALID = (
    "ALTER TABLE inventory_hold DROP CONSTRAINT hold_quantity_positive, "
    "ADD CONSTRAINT hold_quantity_positive CHECK (quantity >= 1) NOT VALID"
)
LEDGER, ALLOCATED = "on-hand-is-ledger", "allocated-is-holds"


@pytest.fixture(autouse=True)
def stock():
    """10 of A, of which 4 are held, and 20 of B."""
    make_skus("A", "B")
    make_place()
    post_movements([Movement(GOOD, "A", "receipt", 12), Movement(GOOD, "B", "receipt", 20)], actor="ann")
    post_movements([Movement(GOOD, "A", "issue", 2)], actor="ann")
    place_holds([HoldRequest(GOOD, "A", 4, "photo shoot")], actor="ann")


def history():
    return list(LedgerEntry.objects.order_by("id").values_list())


def last_entry():
    return LedgerEntry.objects.latest("id")


def repair(name):
    check = all_checks()[name]
    return repair_violations(check, find_repairable(check), actor="ann")


def test_books_in_order_are_clean():
    assert found() == set()


def test_more_held_than_there_is():
    drop("inventory_stockrow", "stock_allocated_within_on_hand")
    corrupt(HELD.format(11))
    assert find("held-within-on-hand") == [
        ("A @ DC1-GOOD", "11 are held of 10 on hand. Release some of the holds.", "")
    ]
    assert repair(ALLOCATED) == 1
    assert found() == {"database-guards"}


@pytest.mark.parametrize(("on_hand", "difference"), [(13, 3), (4, -6)])
def test_a_shelf_that_differs_from_its_ledger(on_hand, difference):
    corrupt(ON_HAND.format(on_hand))
    before = history()
    assert find(LEDGER) == [
        (
            "A @ DC1-GOOD",
            f"{on_hand} on hand, but the entries of the ledger add up to 10.",
            f"Write a ledger entry of {difference:+d} units, so that the ledger says {on_hand} too.",
        )
    ]
    assert repair(LEDGER) == 1
    assert history()[:-1] == before
    entry = last_entry()
    assert (entry.kind, entry.quantity, entry.balance, entry.actor) == ("adjustment", difference, on_hand, "ann")
    assert entry.reason.startswith("Audit:")
    assert levels()[GOOD, "A"] == (on_hand, 4)
    assert found() == set()
    assert_invariants()


def test_a_last_balance_that_differs():
    corrupt("UPDATE inventory_ledgerentry SET balance = 3 WHERE quantity = -2")
    before = history()
    ((where, words, _proposal),) = find(LEDGER)
    assert (where, words) == (
        "A @ DC1-GOOD",
        "10 on hand, but the last entry of the ledger states a balance of 3.",
    )
    assert repair(LEDGER) == 1
    assert history()[:-2] == before
    assert [entry[5:7] for entry in history()[-2:]] == [(1, 11), (-1, 10)]
    assert found() == set()


def test_a_lost_entry():
    corrupt("DELETE FROM inventory_ledgerentry WHERE quantity = 20")
    assert [where for where, *_rest in find(LEDGER)] == ["B @ DC1-GOOD"]
    assert repair(LEDGER) == 1
    assert found() == set()


def test_a_ledger_whose_row_is_gone_gives_it_back_with_its_holds():
    corrupt("DELETE FROM inventory_stockrow WHERE allocated > 0")
    ((_where, words, proposal),) = find(LEDGER)
    assert words == "The ledger has entries of 10 units in all, but there is no stock row."
    assert proposal == "Make the stock row from its ledger, with 10 on hand."
    assert find(ALLOCATED) == [
        (
            "A @ DC1-GOOD",
            f"Open holds of 4 units, but there is no stock row. Release the holds: #{Hold.objects.get().pk} (4).",
            "",
        )
    ]
    before = history()
    output, code = audit("--repair", "--yes")
    assert code == 0, output
    assert levels()[GOOD, "A"] == (10, 4)
    assert history() == before


@pytest.mark.parametrize("allocated", [0, 7])
def test_allocated_that_differs_from_the_holds(allocated):
    corrupt(HELD.format(allocated))
    before, holds = history(), list(Hold.objects.values_list())
    DirtySku.objects.all().delete()
    assert find(ALLOCATED) == [
        ("A @ DC1-GOOD", f"{allocated} are allocated, but the open holds have 4.", "Set allocated to 4.")
    ]
    version = row().version
    assert repair(ALLOCATED) == 1
    assert (levels()[GOOD, "A"], row().version) == ((10, 4), version + 1)
    assert list(DirtySku.objects.values_list("sku__code", flat=True)) == ["A"]
    assert (history(), list(Hold.objects.values_list())) == (before, holds)
    assert found() == set()


def test_holds_of_more_than_there_is_are_left_to_a_person():
    corrupt("UPDATE inventory_hold SET quantity = 30")
    ((_where, words, proposal),) = find(ALLOCATED)
    assert words == (
        "4 are allocated, open holds have 30, and only 10 are on hand. Release some of the holds first, "
        f"for example #{Hold.objects.get().pk} (30)."
    )
    assert proposal == ""
    assert settle_allocated([(row().sku_id, row().functional_id)], actor="ann") == 0


def test_a_hold_that_belongs_where_it_must_not():
    drop("inventory_hold", "hold_source_by_kind")
    corrupt("UPDATE inventory_hold SET source_id = 7")
    assert [where for where, *_rest in find("hold-sources")] == ["A @ DC1-GOOD"]
    corrupt("UPDATE inventory_hold SET source_id = NULL, kind = 'order'")
    assert len(find("hold-sources")) == 1


def test_a_repair_looks_again():
    rows = list(StockRow.objects.values_list("sku_id", "functional_id"))
    before = history()
    assert compensate_ledger(rows, actor="ann") == 0
    assert settle_allocated(rows, actor="ann") == 0
    assert history() == before


def test_the_ledger_trigger_is_missed():
    corrupt("ALTER TABLE inventory_ledgerentry DISABLE TRIGGER ledger_no_change")
    ((where, words, proposal),) = find("database-guards")
    assert where == "inventory_ledgerentry: ledger_no_change"
    assert "is switched off. Run: ALTER TABLE" in words
    assert proposal == ""
    with connection.cursor() as cursor:
        cursor.execute(words.partition("Run: ")[2])
        assert found() == set()
        cursor.execute("DROP TRIGGER ledger_no_truncate ON inventory_ledgerentry")
    assert [where for where, *_rest in find("database-guards")] == ["inventory_ledgerentry: ledger_no_truncate"]


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("ALTER TABLE inventory_stockrow DROP CONSTRAINT stock_row_once", "inventory_stockrow: stock_row_once"),
        (
            "ALTER TABLE inventory_hold DROP CONSTRAINT inventory_hold_quantity_check",
            "inventory_hold: quantity",
        ),
        (
            NOT_VALID,
            "inventory_hold: hold_quantity_positive",
        ),
    ],
)
def test_a_constraint_is_missed(statement, where):
    corrupt(statement)
    assert where in [place for place, *_rest in find("database-guards")]


def test_thousands_of_faults_are_counted_and_some_named():
    make_skus(*(f"S{number}" for number in range(250)))
    post_movements([Movement(GOOD, f"S{number}", "receipt", 1) for number in range(250)], actor="ann")
    corrupt("UPDATE inventory_stockrow SET on_hand = 2 WHERE on_hand = 1")
    output, code = audit("--check", LEDGER)
    assert code == 1
    assert "… and 230 more" in output
    assert "250 violations." in output
    assert "250 repairs made." in audit("--check", LEDGER, "--repair", "--yes")[0]
    assert audit()[1] == 0
