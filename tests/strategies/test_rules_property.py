"""Random strategies over random grids: the vectorised judgement against the plain one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.rules import compile_conditions, decide, matching
from tests.strategies.grids import FACTS, PARENTS, PLACES, cell_values, conditions, grid_of, worlds
from tests.strategies.plain import first_match, matches_cell

SKUS = 4


def each_cell(values, at):
    for place in range(PLACES):
        for sku in range(SKUS):
            yield place, sku, cell_values(FACTS, values, place, sku, SKUS, at)


@settings(max_examples=300, deadline=None)
@given(worlds(PLACES, SKUS), conditions())
def test_matching_equals_judging_every_cell(world, asked):
    values, at = world
    grid = grid_of(FACTS, values, places=PLACES, skus=SKUS, at=at, parents=PARENTS)
    matched = np.broadcast_to(compile_conditions(asked, FACTS).match(grid), (PLACES, SKUS))
    for place, sku, cell in each_cell(values, at):
        assert matched[place, sku] == matches_cell(asked, cell, FACTS, PARENTS), (asked, cell)


@pytest.mark.parametrize("band", [1, 3, matching._BAND])
def test_the_first_match_wins(band, monkeypatch):
    monkeypatch.setattr(matching, "_BAND", band)

    @settings(max_examples=100, deadline=None)
    @given(worlds(PLACES, SKUS), st.lists(conditions(most=2), max_size=5))
    def judge(world, strategies):
        values, at = world
        grid = grid_of(FACTS, values, places=PLACES, skus=SKUS, at=at, parents=PARENTS)
        winners = decide([compile_conditions(asked, FACTS) for asked in strategies], grid)
        assert winners.dtype == np.int32
        for place, sku, cell in each_cell(values, at):
            assert winners[place, sku] == first_match(strategies, cell, FACTS, PARENTS)

    judge()
