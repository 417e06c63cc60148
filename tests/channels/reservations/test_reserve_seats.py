"""On which rows units are held, and when they move to others."""

from itertools import pairwise

import pytest

from channels.reservations.actions import confirm_reservations, reseat_holds, reserve
from channels.reservations.rules import Basis
from inventory.ledger.actions import HoldRequest, place_holds
from inventory.models import FunctionalWarehouse, Hold
from tests.channels.reservations.asking import (
    STOCK,
    Rows,
    ask,
    free,
    issue,
    receive,
    said,
    seats,
    short,
    snapshot,
    take,
)
from tests.factories import SkuFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sku():
    return SkuFactory(code="SHIRT")


def moved(reservation):
    """[(from, units)] of a reservation's holds that were moved away."""
    holds = Hold.objects.filter(source_id=reservation, outcome="moved").exclude(closed_at=None)
    return sorted(holds.values_list("functional__code", "quantity"))


@pytest.mark.parametrize("check", Basis)
def test_the_row_that_fewest_pools_share_comes_first_then_the_most_room_then_the_code(sku, check):
    rows = Rows("A", "B", "C", "D")
    shop = rows.shop("D", "C", "B", "A")
    rows.shop("A")
    for code, units in (("A", 9), ("B", 2), ("D", 5), ("C", 5)):
        receive(code, sku, units)
    assert seats(take(shop, (sku, 8), check=check)) == {"C": 5, "D": 3}
    assert seats(take(shop, (sku, 6), check=check)) == {"B": 2, "D": 2, "A": 2}


@pytest.mark.parametrize("check", Basis)
def test_a_link_of_ratio_0_shares_nothing(sku, check):
    rows = Rows("A", "B")
    shop = rows.shop("A", "B")
    rows.shop("A", ratio=0)
    receive("A", sku, 2)
    receive("B", sku, 1)
    assert seats(take(shop, (sku, 2), check=check)) == {"A": 2}


def test_a_hold_moves_aside_for_a_sale_that_has_no_other_row(sku):
    rows = Rows("A", "B")
    picky, easy = rows.shop("A"), rows.shop("A", "B")
    receive("A", sku, 3)
    first = take(easy, (sku, 3), check=STOCK)
    assert short(picky, (sku, 1), check=STOCK) == [(sku.code, 1, 0)]
    receive("B", sku, 2)
    assert short(picky, (sku, 3), check=STOCK) == [(sku.code, 3, 2)]
    assert seats(take(picky, (sku, 2), check=STOCK)) == {"A": 2}
    assert seats(first) == {"A": 1, "B": 2}
    assert [units for _, units in moved(first)] != []
    assert {hold.actor for hold in Hold.objects.filter(source_id=first, closed_at=None, functional__code="A")} == {"t"}
    assert (free("A", sku), free("B", sku)) == (0, 0)


def test_free_units_and_units_that_others_made_room_for_are_one_hold(sku):
    rows = Rows("A", "B")
    picky, easy = rows.shop("A"), rows.shop("A", "B")
    receive("A", sku, 3)
    take(easy, (sku, 2), check=STOCK)
    receive("B", sku, 2)
    (result,) = reserve([ask(picky, (sku, 3), check=STOCK)])
    assert said(result)["lines"][0]["holds"] == [{"functional": "A", "quantity": 3}]
    assert Hold.objects.filter(source_id=result.reservation_id).count() == 1


def test_units_that_others_made_room_for_say_what_they_take_of_the_safety_stock(sku):
    rows = Rows("A", "B")
    picky, easy = rows.shop("A"), rows.shop("A", "B")
    FunctionalWarehouse.objects.filter(code="A").update(safety_stock=2)
    receive("A", sku, 3)
    first = take(easy, (sku, 3), check=STOCK)
    assert Hold.objects.get(source_id=first).safety_used == 2
    receive("B", sku, 3)
    (result,) = reserve([ask(picky, (sku, 3), check=STOCK)])
    assert said(result)["lines"][0]["holds"] == [{"functional": "A", "quantity": 3, "safety_stock": 2}]
    assert list(Hold.objects.filter(closed_at=None).values_list("functional__code", "safety_used").order_by("pk")) == [
        ("B", 0),
        ("A", 2),
    ]


@pytest.mark.parametrize("length", [2, 3])
def test_a_chain_of_holds_moves_on_by_one_row_each(sku, length):
    codes = "ABCD"[: length + 1]
    rows = Rows(*codes)
    shops = [rows.shop(*pair) for pair in pairwise(codes)]
    picky = rows.shop("A")
    for code in codes[:-1]:
        receive(code, sku, 1)
    # The last row is empty, so each shop gets the first of its two, beginning at the end.
    held = [take(shop, (sku, 1), check=STOCK) for shop in reversed(shops)][::-1]
    assert [seats(one) for one in held] == [{code: 1} for code in codes[:-1]]
    before = snapshot()
    assert short(picky, (sku, 1), check=STOCK) == [(sku.code, 1, 0)]
    assert snapshot() == before
    receive(codes[-1], sku, 1)
    (result,) = reserve([ask(picky, (sku, 1), check=STOCK)])
    assert said(result)["lines"][0]["holds"] == [{"functional": "A", "quantity": 1}]
    assert [seats(one) for one in held] == [{code: 1} for code in codes[1:]]
    assert [moved(one) for one in held] == [[(code, 1)] for code in codes[:-1]]


def test_the_shortest_way_is_taken(sku):
    rows = Rows("A", "B", "C", "D")
    far, between, near, picky = rows.shop("A", "B"), rows.shop("B", "C"), rows.shop("A", "D"), rows.shop("A")
    receive("A", sku, 2)
    receive("B", sku, 1)
    held = [take(shop, (sku, 1), check=STOCK) for shop in (between, far, near)]
    assert [seats(one) for one in held] == [{"B": 1}, {"A": 1}, {"A": 1}]
    receive("C", sku, 1)
    receive("D", sku, 1)
    take(picky, (sku, 1), check=STOCK)
    assert [seats(one) for one in held] == [{"B": 1}, {"A": 1}, {"D": 1}]
    take(picky, (sku, 1), check=STOCK)
    assert [seats(one) for one in held] == [{"C": 1}, {"B": 1}, {"D": 1}]


def test_a_refused_line_moves_nothing_for_the_lines_that_would_fit(sku):
    rows = Rows("A", "B")
    picky, easy = rows.shop("A"), rows.shop("A", "B")
    none = SkuFactory(code="TROUSERS")
    receive("A", sku, 1)
    first = take(easy, (sku, 1), check=STOCK)
    receive("B", sku, 1)
    before = snapshot()
    assert short(picky, (sku, 1), (none, 1), check=STOCK) == [(none.code, 1, 0)]
    assert snapshot() == before
    take(picky, (sku, 1), (none, 1), check=STOCK, partial=True)
    assert seats(first) == {"B": 1}


def test_holds_of_carts_and_of_people_stay_where_they_are(sku):
    rows = Rows("A", "B")
    picky, easy = rows.shop("A"), rows.shop("A", "B")
    receive("A", sku, 2)
    cart = take(easy, (sku, 1))
    place_holds([HoldRequest("A", sku.code, 1, "photos")], actor="t")
    receive("B", sku, 2)
    assert short(picky, (sku, 1), check=STOCK) == [(sku.code, 1, 0)]
    assert seats(cart) == {"A": 1}


def test_a_confirmed_hold_moves_as_long_as_it_is_not_routed(sku):
    rows = Rows("A", "B")
    picky, easy = rows.shop("A"), rows.shop("A", "B")
    receive("A", sku, 1)
    first = take(easy, (sku, 1), check=STOCK)
    confirm_reservations([first], reference="order 1")
    receive("B", sku, 2)
    take(picky, (sku, 1), check=STOCK)
    assert seats(first, kind="order", reference="order 1") == {"B": 1}
    Hold.objects.filter(source_id=first).update(provisional=False)
    other = rows.shop("B")
    receive("A", sku, 1)
    take(other, (sku, 1), check=STOCK)
    assert short(other, (sku, 1), check=STOCK) == [(sku.code, 1, 0)]


def test_units_on_a_row_that_is_nobodys_any_more_stay_or_leave_but_none_come(sku):
    """B was taken from its pool: what lies there counts as seated, and no other hold may join it."""
    rows = Rows("A", "B")
    easy, picky = rows.shop("B", "A"), rows.shop("A")
    receive("B", sku, 3)
    first = take(easy, (sku, 1), check=STOCK)
    receive("A", sku, 1)
    second = take(easy, (sku, 3), check=STOCK)
    assert (seats(first), seats(second)) == ({"B": 1}, {"B": 2, "A": 1})
    easy.shares.get().pool.supplies.get().links.filter(functional__code="B").delete()
    assert short(picky, (sku, 1), check=STOCK) == [(sku.code, 1, 0)]
    receive("B", sku, 5)
    assert short(picky, (sku, 1), check=STOCK) == [(sku.code, 1, 0)]
    assert short(easy, (sku, 1), check=STOCK) == [(sku.code, 1, 0)]


@pytest.mark.parametrize("check", Basis)
def test_the_pass_moves_holds_onto_rows_that_fewer_pools_share(sku, check):
    rows = Rows("A", "B")
    easy, _other = rows.shop("A", "B"), rows.shop("A")
    receive("A", sku, 3)
    first = take(easy, (sku, 3), check=check)
    receive("B", sku, 2)
    assert reseat_holds() > 0
    assert seats(first) == {"A": 1, "B": 2}
    assert reseat_holds([sku.pk]) == 0
    issue("A", sku, 2)
    assert (free("A", sku), free("B", sku)) == (0, 0)
