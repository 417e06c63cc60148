"""The vectors: every operator of every type of fact, and conditions, by the product and by the plain evaluation."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from strategies.rules import OPERATORS, FactSpec, compile_conditions, find_contradictions
from strategies.rules.facts import CLOCK_FACTS
from strategies.rules.shapes import Axis, Conditions, FactType, Group, Row
from tests.strategies.grids import clock_values, grid_of
from tests.strategies.plain import matches_cell

FOLDER = Path(__file__).parent / "vectors"


def read(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


def plain(type_, value):
    if value is not None and type_ is FactType.NUMBER:
        return Decimal(value)
    return date.fromisoformat(value) if value is not None and type_ is FactType.DATE else value


def facts_of(document):
    return {
        key: FactSpec(key, FactType(fact["type"]), Axis(fact.get("axis", "sku")), fact.get("places", 0))
        for key, fact in document["facts"].items()
    } | CLOCK_FACTS


def trees_of(document):
    return {key: fact["parents"] for key, fact in document["facts"].items() if "parents" in fact}


OPERATOR_CASES = [
    pytest.param(document, case, axis, id=f"{document['type']}-{case['op']}-{case['value']}-{axis}")
    for document in map(read, FactType)
    for case in document["cases"]
    for axis in Axis
    if (axis, document["type"]) != (Axis.PAIR, FactType.MANY)  # a MANY lies on one axis
]


@pytest.mark.parametrize(("document", "case", "axis"), OPERATOR_CASES)
def test_operators(document, case, axis):
    type_ = FactType(document["type"])
    fact = FactSpec("fact", type_, axis, document.get("places", 0))
    facts, trees = {"fact": fact}, {"fact": document.get("parents", {})}
    asked = Conditions(any=(Group(all=(Row(fact="fact", op=case["op"], value=case["value"]),)),))
    values = [plain(type_, value) for value in (*case["holds"], *case["fails"])]
    expected = [True] * len(case["holds"]) + [False] * len(case["fails"])
    assert [matches_cell(asked, {"fact": value}, facts, trees) for value in values] == expected
    assert judge_on_axis(compile_conditions(asked, facts), fact, values, trees) == expected


def judge_on_axis(matcher, fact, values, trees):
    """One grid with all the values along the axis; on the clock, which has a single value, a grid for each."""
    facts, count = {"fact": fact}, len(values)
    if fact.axis is Axis.CLOCK:
        return [bool(matcher.match(grid_of(facts, {"fact": [value]}, parents=trees))) for value in values]
    shape = {Axis.PLACE: (count, 1), Axis.SKU: (1, count), Axis.PAIR: (2, count)}[fact.axis]
    items = values * 2 if fact.axis is Axis.PAIR else values
    matched = matcher.match(grid_of(facts, {"fact": items}, places=shape[0], skus=shape[1], parents=trees))
    judged = np.broadcast_to(matched, shape).reshape(-1, count)
    assert (judged == judged[0]).all()
    return judged[0].tolist()


def test_a_match_has_no_more_axes_than_its_facts():
    facts = {axis: FactSpec(axis, FactType.FLAG, axis) for axis in Axis}
    grid = grid_of(
        facts, {axis: [True] * size for axis, size in zip(Axis, (1, 2, 3, 6), strict=True)}, places=2, skus=3
    )

    def shape_of(*axes):
        rows = tuple(Row(fact=axis, op="eq", value=True) for axis in axes)
        return compile_conditions(Conditions(any=(Group(all=rows),)), facts).match(grid).shape

    assert shape_of() == (1, 1)
    assert shape_of(Axis.CLOCK) == (1, 1)
    assert shape_of(Axis.PLACE, Axis.CLOCK) == (2, 1)
    assert shape_of(Axis.SKU) == (1, 3)
    assert shape_of(Axis.SKU, Axis.PLACE) == (2, 3)
    assert shape_of(Axis.PAIR) == (2, 3)


def test_there_is_a_vector_for_every_operator_with_both_answers_and_an_empty_value():
    for type_ in FactType:
        cases = read(type_)["cases"]
        assert {case["op"] for case in cases} == set(OPERATORS[type_])
        for op in OPERATORS[type_]:
            answers = [case for case in cases if case["op"] == op]
            assert any(case["holds"] for case in answers)
            assert any(case["fails"] for case in answers)
            if type_ is not FactType.FLAG:
                values = [value for case in answers for value in (*case["holds"], *case["fails"])]
                assert any(value in (None, "", []) for value in values), (type_, op)


DOCUMENT = read("conditions")


@pytest.mark.parametrize("case", DOCUMENT["cases"], ids=lambda case: case["name"])
def test_conditions(case):
    facts, trees, at = facts_of(DOCUMENT), trees_of(DOCUMENT), datetime.fromisoformat(case["at"])
    asked = Conditions.model_validate(case["conditions"])
    matcher = compile_conditions(asked, facts)
    for changes in (*case["holds"], *case["fails"]):
        given = {key: plain(facts[key].type, value) for key, value in (DOCUMENT["values"] | changes).items()}
        expected = changes in case["holds"]
        assert matches_cell(asked, given | clock_values(at), facts, trees) == expected
        grid = grid_of(facts, {key: [value] for key, value in given.items()}, at=at, parents=trees)
        assert np.broadcast_to(matcher.match(grid), (1, 1)).item() == expected, changes


CONTRADICTIONS = read("contradictions")


@pytest.mark.parametrize("case", CONTRADICTIONS["cases"], ids=lambda case: case["name"])
def test_contradictions(case):
    asked = Conditions.model_validate(case["conditions"])
    found = find_contradictions(asked, facts_of(CONTRADICTIONS), trees_of(CONTRADICTIONS))
    assert [[each.group, list(each.rows)] for each in found] == case["found"]
