"""Random strategies over random grids: the vectorised judgement against the plain one."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.rules import compile_conditions, decide, find_contradictions, matching
from strategies.rules.shapes import Conditions, Group
from tests.strategies.grids import FACTS, PARENTS, PLACES, cell_values, conditions, grid_of, rows, worlds
from tests.strategies.plain import first_match, matches_cell

SKUS = 4
# Few enough facts that rows about the same one meet.
SOME = ("sku_number", "sku_tree", "sku_many", "sku_text", "place_choice", "sku_flag", "date", "hour")


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


@settings(max_examples=500, deadline=None)
@given(worlds(PLACES, SKUS), conditions(SOME, most=4))
def test_no_contradiction_is_found_where_a_cell_matches(world, asked):
    values, at = world
    contradictory = {each.group for each in find_contradictions(asked, FACTS, PARENTS)}
    without_trees = {each.group for each in find_contradictions(asked, FACTS)}
    for number, group in enumerate(asked.any or [Group()]):
        alone = Conditions(any=(group,), unless=asked.unless)
        if any(matches_cell(alone, cell, FACTS, PARENTS) for _, _, cell in each_cell(values, at)):
            assert number not in contradictory
            assert number not in without_trees


@settings(max_examples=300, deadline=None)
@given(st.lists(rows(("sku_number",)), min_size=1, max_size=4))
def test_numbers_that_leave_nothing_are_always_found(asked):
    """Every number the bounds can tell apart is tried: if none fits, the group is contradictory."""
    group = Group(all=tuple(asked))
    ends = [
        Decimal(end) for row in asked if row.value for end in ([row.value] if isinstance(row.value, str) else row.value)
    ]
    near = {end.quantize(Decimal("0.01")) + Decimal(step) / 100 for end in [*ends, Decimal(0)] for step in (-1, 0, 1)}
    fits = any(matches_cell(Conditions(any=(group,)), {"sku_number": value}, FACTS) for value in [*near, None])
    assert bool(find_contradictions(Conditions(any=(group,)), FACTS)) is not fits
