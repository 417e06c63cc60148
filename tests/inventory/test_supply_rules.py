"""From stock to pools: the helpers, the choice of overrides, and worked numbers by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.supply.rules import (
    Functionals,
    LinkOverride,
    Links,
    Pools,
    Stock,
    Supplies,
    SupplyNetwork,
    basis_points,
    compute_supply,
    find_columns,
    find_settings,
    share_of,
)

# all > wine > red, and beer beneath all
ALL, WINE, RED, BEER = range(4)


def network(*overrides, sellable=(True, True), supplies=(True, True), pool_open=True):
    """Two functional warehouses; A feeds both supplies (100 % and 30 % above 5), B the second (50 %)."""
    return SupplyNetwork(
        functionals=Functionals(("A", "B"), np.array(sellable), np.array([0, 4])),
        links=Links(
            functional=np.array([0, 0, 1]),
            supply=np.array([0, 1, 1]),
            ratio=np.array([10_000, 3_000, 5_000]),
            reserve=np.array([0, 5, 0]),
            active=np.array([True, True, True]),
        ),
        supplies=Supplies(("ONE", "TWO"), np.array(supplies)),
        pools=Pools(("BOTH", "SECOND"), np.array([pool_open, True]), ((0, 1), (1,))),
        overrides=overrides,
        category_parent=np.array([-1, ALL, WINE, ALL]),
    )


def stock(free, safety=None, category=None, ids=None):
    free = np.array(free)
    return Stock(
        sku_ids=np.array(ids or range(10, 10 + free.shape[1])),
        free=free,
        safety=None if safety is None else np.array(safety),
        category=None if category is None else np.array(category),
    )


def test_every_layer_by_hand():
    result = compute_supply(network(), stock([[100, 3], [24, 4]]))
    assert result.atp.tolist() == [[100, 3], [20, 0]]
    assert result.contribution.tolist() == [[100, 3], [28, 0], [10, 0]]
    assert result.supply.tolist() == [[100, 3], [38, 0]]
    assert result.source[0].tolist() == [[100, 3], [10, 0]]  # A reaches BOTH twice and counts once
    assert result.pool.tolist() == [[110, 3], [38, 0]]


def test_safety_of_the_row_wins_over_the_default_and_zero_is_a_value():
    result = compute_supply(network(), stock([[9, 9, 9], [9, 9, 9]], safety=[[-1, 2, 99], [-1, 0, 3]]))
    assert result.atp.tolist() == [[9, 7, 0], [5, 9, 6]]


@pytest.mark.parametrize(
    ("options", "pools"),
    [
        ({"sellable": (False, True)}, [[10], [10]]),
        ({"supplies": (False, True)}, [[38], [38]]),
        ({"pool_open": False}, [[0], [38]]),
    ],
)
def test_what_is_shut_brings_nothing(options, pools):
    assert compute_supply(network(**options), stock([[100], [24]])).pool.tolist() == pools


def test_the_sku_wins_over_the_nearest_category_and_that_over_the_next():
    chosen = find_settings(
        network(
            LinkOverride(1, category=ALL, ratio=1_000, reserve=1),
            LinkOverride(1, category=WINE, ratio=2_000),
            LinkOverride(1, sku_id=13, reserve=9),
            LinkOverride(0, sku_id=77, ratio=0),
        ),
        stock(np.zeros((2, 5), int), category=[-1, BEER, RED, RED, WINE]),
    )
    assert chosen.override[1].tolist() == [-1, 0, 1, 2, 1]
    # What the winner doesn't name comes from the link, not from the next category.
    assert chosen.ratio[1].tolist() == [3_000, 1_000, 2_000, 3_000, 2_000]
    assert chosen.reserve[1].tolist() == [5, 1, 5, 9, 5]
    assert (chosen.override[[0, 2]] == -1).all()


def test_overrides_reach_the_numbers():
    overridden = network(LinkOverride(0, sku_id=11, ratio=5_000), LinkOverride(2, category=WINE, reserve=10))
    result = compute_supply(overridden, stock([[101, 101], [24, 24]], category=[RED, -1]))
    assert result.contribution.tolist() == [[101, 50], [28, 28], [5, 10]]


@given(st.lists(st.integers(1, 50), unique=True), st.lists(st.integers(1, 50)))
def test_columns_are_found_in_any_order(ids, wanted):
    found = find_columns(np.array(ids, np.int64), np.array(wanted, np.int64))
    assert found.tolist() == [ids.index(i) if i in ids else -1 for i in wanted]


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_a_share_is_the_floor(quantity, ratio):
    assert share_of(np.array([quantity]), ratio).tolist() == [quantity * ratio // 10_000]


@given(st.integers(0, 10_000))
def test_a_percentage_of_two_decimals_is_whole_basis_points_even_as_a_float(points):
    assert basis_points(points / 100) == basis_points(f"{points / 100:.2f}") == points


@pytest.mark.parametrize("percent", [-1, 100.01, "12.345", 0.001])
def test_what_is_no_percentage_is_refused(percent):
    with pytest.raises(ValueError, match="percentage"):
        basis_points(percent)


def test_arrays_that_do_not_line_up_are_refused():
    with pytest.raises(ValueError, match="SKU columns"):
        stock([[1, 2], [3, 4]], ids=[10])
    with pytest.raises(ValueError, match="differ in shape"):
        stock([[1, 2], [3, 4]], safety=[[0, 0]])
    with pytest.raises(ValueError, match="category"):
        stock([[1, 2], [3, 4]], category=[0])
    with pytest.raises(ValueError, match="functional warehouses"):
        compute_supply(network(), stock([[1]]))


def test_no_skus_and_no_network_are_fine():
    assert compute_supply(network(), stock(np.zeros((2, 0), int))).pool.shape == (2, 0)
