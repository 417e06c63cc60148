"""What is said to be odd about strategies, with the cell that shows it; and why a cell is decided as it is."""

from datetime import datetime, timedelta

import numpy as np
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NotFound
from strategies.actions import save_draft
from strategies.rules.lint import Oddity, find_odd, pack_cells
from strategies.selectors import compare_versions, explain_cell, lint, lint_draft
from tests.strategies.kinds import ZONE
from tests.strategies.policies import CHEAP, LEFT, ODD, SALE, draft, hours, live, when

pytestmark = pytest.mark.django_db
TODAY = datetime(2026, 11, 2, 12, tzinfo=ZONE)  # a Monday


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


def said(findings):
    return [(f.code.value, f.strategy.code, f.other and f.other.code, f.witness) for f in findings]


def until(days):
    return {"fact": "date", "op": "le", "value": (TODAY + timedelta(days=days)).date().isoformat()}


def test_there_is_nothing_odd_about_an_exception_before_the_rule(world):
    live("sale", when(SALE), "red")
    live("all", None, "blue")
    assert lint("toy") == []


def test_a_strategy_behind_one_that_takes_all_is_never_reached(world):
    live("all")
    live("sale", when(SALE), "blue")
    assert said(lint("toy")) == [("shadowed", "sale", "all", ("A", 11))]
    assert lint("toy")[0].sentence == "Sale is never reached: All comes first and decides all that it matches."
    assert lint("toy")[0].label == "Never reached"


def test_several_can_throw_a_shadow_together(world):
    live("left", when(LEFT))
    live("right", when(unless=[LEFT]))
    live("wool", when({"fact": "toy_tag", "op": "any", "value": ["wool"]}))
    assert said(lint("toy")) == [("shadowed", "wool", "left", ("A", 12))]
    assert "Left and others come first" in lint("toy")[0].sentence


def test_partly_matching_the_same_is_odd_if_the_results_differ(world):
    live("sale", when(SALE), "red")
    live("odd", when(ODD), "blue")
    assert said(lint("toy")) == [("overlapping", "odd", "sale", ("A", 11))]


def test_partly_matching_the_same_with_the_same_result_is_not_odd(world):
    live("sale", when(SALE), "red")
    live("odd", when(ODD), "red")
    assert lint("toy") == []


def test_matching_nothing_now_is_odd(world):
    live("evening", when(hours(20, 22)))
    assert said(lint("toy")) == [("never", "evening", None, None)]


def test_a_contradiction_is_said_once(world):
    version = draft("never", when(CHEAP, {"fact": "toy_price", "op": "gt", "value": "10"}))
    assert said(lint_draft(version)) == [("contradictory", "never", None, None)]


@pytest.mark.parametrize(("days", "odd"), [(-1, ["never"]), (0, ["ending"]), (7, ["ending"]), (8, [])])
def test_a_strategy_that_ends_within_a_week_is_named(world, days, odd):
    live("fair", when(until(days)))
    assert [finding.code.value for finding in lint("toy")] == odd


def test_the_last_group_to_end_counts(world):
    live("fair", {"any": [{"all": [until(1)]}, {"all": [until(20)]}]})
    assert lint("toy") == []
    live("sale", {"any": [{"all": [SALE, until(3)]}], "unless": [{"all": [{**until(2), "op": "ge"}]}]})
    assert "ends on Nov. 3, 2026" in lint("toy")[-1].sentence


def test_a_draft_is_judged_at_its_place(world):
    first = live("sale", when(SALE))
    live("wool", when({"fact": "toy_tag", "op": "any", "value": ["wool"]}))
    wider = save_draft(first.strategy, conditions={}, action={"colour": "red"}, actor="bob")
    assert said(lint_draft(wider)) == [("shadowed", "wool", "sale", ("A", 12))]
    late = draft("late", when(SALE))
    assert said(lint_draft(late)) == [("shadowed", "late", "sale", ("A", 11))]


def test_no_strategies_no_findings(world):
    assert lint("toy") == []


cells = st.lists(st.lists(st.booleans(), min_size=9, max_size=9), max_size=6)


@given(cells, st.lists(st.integers(0, 1), min_size=6, max_size=6))
def test_what_is_odd_equals_looking_at_every_cell(matches, results):
    masks = [np.array(truth).reshape(3, 3) for truth in matches]
    odd = find_odd([pack_cells(mask, (3, 3)) for mask in masks], 3, lambda a, b: results[a] == results[b])
    winner = {cell: next((n for n, mask in enumerate(masks) if mask[cell]), None) for cell in np.ndindex(3, 3)}
    expected = set()
    for number, mask in enumerate(masks):
        own = [cell for cell in winner if mask[cell]]
        if not own:
            expected.add((Oddity.NEVER, number, None))
        elif all(winner[cell] != number for cell in own):
            whole = [n for n in range(number) if all(masks[n][cell] for cell in own)]
            expected.add((Oddity.SHADOWED, number, whole[0] if whole else min(winner[cell] for cell in own)))
        else:
            expected |= {
                (Oddity.OVERLAPPING, number, n)
                for n in {winner[cell] for cell in own} - {number}
                if results[n] != results[number] and any(masks[n][cell] and not mask[cell] for cell in winner)
            }
    assert {(o.oddity, o.rule, o.other) for o in odd} == expected
    for o in odd:
        if o.cell is not None:
            assert masks[o.rule][o.cell]
            assert masks[o.other][o.cell]


def test_a_cell_is_explained_row_by_row(world):
    live("sale", when(SALE, hours(8, 11), unless=[LEFT]), "red")
    live("left", when(LEFT), "blue")
    live("all")
    explained = explain_cell("toy", "A", 12)
    assert [(each.rule.code, each.matched, each.decides) for each in explained] == [
        ("sale", False, False),
        ("left", True, True),
        ("all", True, False),
    ]
    assert [tuple(row) for row in explained[0].rows] == [
        ("tag contains Sale", "Sale, Wool", True, 0, False),
        ("hour is between 8 o'clock and 11 o'clock", "12 o'clock", False, 0, False),
        ("side is Left", "Left", True, 0, True),
    ]


def test_values_are_shown_as_people_know_them(world):
    world.born[12] = "2026-10-31"
    world.units["B", 12] = 7
    rows = [CHEAP, {"fact": "toy_age", "op": "ge", "value": "2"}, {"fact": "toy_units", "op": "eq", "value": "7"}]
    rows += [{"fact": "toy_nobody", "op": "empty"}, {"fact": "date", "op": "ge", "value": "2026-11-02"}]
    live("all", when(*rows))
    judged = explain_cell("toy", "B", 12)[0].rows
    assert [(row.value, row.held) for row in judged] == [
        ("10.00 CNY", False),
        ("2 days", True),
        ("7", True),
        ("empty", True),
        ("Nov. 2, 2026", True),
    ]
    assert explain_cell("toy", "A", 14)[0].rows[0][1:3] == ("empty", False)


def test_a_past_moment_is_explained_by_the_rules_of_then(world):
    live("morning", when(hours(8, 11)))
    before = datetime.now(ZONE)
    with time_machine.travel(TODAY + timedelta(hours=1), tick=False):
        live("all")
        assert len(explain_cell("toy", "A", 11)) == 2
        assert [each.rule.code for each in explain_cell("toy", "A", 11, before)] == ["morning"]
        assert explain_cell("toy", "A", 11, before)[0].rows[0].value == "12 o'clock"


def test_an_unknown_cell_is_refused(world):
    live("all")
    for place, sku in (("C", 11), ("A", 99)):
        with pytest.raises(NotFound):
            explain_cell("toy", place, sku)


def test_versions_are_compared_in_words(world):
    one = draft("sale", when(SALE, CHEAP), note="first")
    content = {
        "conditions": when(SALE, {**CHEAP, "value": "5"}, ODD, unless=[LEFT]),
        "action": {"colour": "blue"},
        "note": "first",
    }
    two = save_draft(one.strategy, **content, actor="bob")
    assert compare_versions(one, two) == [
        "Condition changed: price is below 9.99 CNY → price is below 5 CNY",
        "Condition added: lot is Odd",
        "Exclusion added: side is Left",
        "Action changed: paint it red → paint it blue",
    ]
    assert compare_versions(two, one)[2] == "Exclusion removed: side is Left"
    assert compare_versions(one, one) == []
