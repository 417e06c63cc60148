"""The vectors: every fact with every operator it has, in one small company.

`values` in the document says what each fact is there, worked out by hand from the guide, and `worked_out` says how; the
cells that are expected follow from it.
"""

import json
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from django.db import connection

from channels.cascade.actions import recompute
from channels.figures.actions import refresh_figures
from channels.models import Shop, ShopSales
from channels.network.actions import load_network
from inventory.ledger.actions import Movement, post_movements
from inventory.models import LedgerEntry, Sku
from strategies.registry import all_kinds, facts_of, find_fact, find_kind
from strategies.rules import OPERATORS, compile_conditions
from strategies.rules.shapes import Axis, Conditions, FactType, Group, Row
from tests.strategies.grids import clock_values
from tests.strategies.plain import matches_cell

DOCUMENT = json.loads((Path(__file__).parent / "vectors" / "facts.json").read_text(encoding="utf-8"))
CASES, VALUES = DOCUMENT["cases"], DOCUMENT["values"]
SKUS = [sku["code"] for sku in DOCUMENT["network"]["skus"]]
PLACES = {
    "allocation": [pool["code"] for pool in DOCUMENT["network"]["pools"]],
    "sync": [shop["code"] for shop in DOCUMENT["network"]["shops"]],
}
PARENTS = {row["code"]: row.get("parent") for row in DOCUMENT["network"]["categories"]}


@pytest.fixture
def company(db):
    """The company of the document, with stock, sales and figures as of its moment."""
    load_network(DOCUMENT["network"], actor="t")
    moves = DOCUMENT["movements"]
    for move in moves:
        post_movements([Movement(**{key: move[key] for key in move if key != "at"})], actor="t")
    date_entries([DOCUMENT["opened_at"], *(move["at"] for move in moves)])
    for code, listed in DOCUMENT["listed_at"].items():
        Sku.objects.filter(code=code).update(created_at=listed)
    shops, skus = (dict(model.objects.values_list("code", "id")) for model in (Shop, Sku))
    for sale in DOCUMENT["sales"]:
        sold = {key: sale[key] for key in ("day", "units")}
        ShopSales.objects.create(shop_id=shops[sale["shop"]], sku_id=skus[sale["sku"]], imported=True, **sold)
    recompute()
    refresh_figures(now=moment_of(DOCUMENT))


def date_entries(moments):
    """Give the ledger entries these moments; the trigger that keeps them as they are looks away."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for entry, at in zip(LedgerEntry.objects.order_by("id"), moments, strict=True):
            LedgerEntry.objects.filter(pk=entry.pk).update(created_at=at)
        cursor.execute("SET session_replication_role = origin")


def moment_of(case):
    """A case's own moment, or else the document's, told in another zone than the one of the business."""
    return datetime.fromisoformat(case.get("at", DOCUMENT["at"])).astimezone(UTC)


def conditions_of(case):
    row = Row(fact=case["fact"], op=case["op"], value=case["value"])
    return Conditions(any=(Group(all=(row,)),))


def cells_of(case):
    return {(place, sku) for place, sku in case["expected"]}


def words_of(case):
    return f"{case['kind']} {case['fact']} {case['op']} {case['value']} {case.get('at', '')}"


def matched(case):
    """The cells that match, by a grid that the kind has loaded for this fact alone."""
    grid = find_kind(case["kind"]).load([case["fact"]], None, moment_of(case))
    assert list(grid.places) == PLACES[case["kind"]]
    codes = dict(Sku.objects.values_list("id", "code"))
    matcher = compile_conditions(conditions_of(case), {case["fact"]: find_fact(case["fact"])})
    matches = np.broadcast_to(matcher.match(grid), (len(grid.places), grid.sku_ids.size))
    return {(grid.places[row], codes[grid.sku_ids[at]]) for row, at in np.argwhere(matches)}


@pytest.mark.parametrize("fact", sorted({case["fact"] for case in CASES}))
def test_the_cells_that_match_are_those_worked_out_by_hand(company, fact):
    cases = [case for case in CASES if case["fact"] == fact]
    found = {words_of(case): matched(case) for case in cases}
    assert found == {words_of(case): cells_of(case) for case in cases}


def value_at(case, place, sku):
    """What the document says a fact is in a cell, as the plain evaluation takes it."""
    fact = find_fact(case["fact"])
    if fact.axis is Axis.CLOCK:
        return clock_values(datetime.fromisoformat(DOCUMENT["at"]))[fact.key]
    if fact.key == "campaign":
        return [] if "at" in case else ["SALE11"]
    by_item = VALUES[fact.key]
    value = {Axis.PLACE: by_item.get(place), Axis.SKU: by_item.get(sku)}.get(fact.axis)
    if fact.axis is Axis.PAIR:
        value = by_item[place][sku]
    return Decimal(value) if fact.type is FactType.NUMBER and value is not None else value


@pytest.mark.parametrize("case", CASES, ids=words_of)
def test_the_cells_expected_follow_from_the_values(case):
    facts, asked = {case["fact"]: find_fact(case["fact"])}, conditions_of(case)
    cells = [(place, sku) for place in PLACES[case["kind"]] for sku in SKUS]
    parents = {"category": PARENTS}
    holding = {cell for cell in cells if matches_cell(asked, {case["fact"]: value_at(case, *cell)}, facts, parents)}
    assert holding == cells_of(case)
    assert len(case["expected"]) == len(cells_of(case))


def test_every_fact_has_a_vector_for_every_operator():
    asked = {(case["fact"], case["op"]) for case in CASES}
    facts = {fact.key: fact for kind in all_kinds() for fact in facts_of(kind)}
    assert asked == {(key, op) for key, fact in facts.items() for op in OPERATORS[fact.type]}


def test_every_vector_asks_a_kind_that_has_the_fact():
    for case in CASES:
        assert case["fact"] in find_kind(case["kind"]).facts, words_of(case)


def test_every_operator_finds_cells_and_leaves_cells_out():
    """But for asking whether a fact is empty that never is."""
    answers = defaultdict(set)
    for case in CASES:
        size = len(PLACES[case["kind"]]) * len(SKUS)
        found = len(cells_of(case))
        answers[case["fact"], case["op"]] |= {answer for answer, some in ((True, found), (False, size - found)) if some}
    never_empty = {fact for (fact, op), found in answers.items() if op == "empty" and found == {False}}
    one_sided = {(fact, op) for (fact, op), found in answers.items() if len(found) == 1}
    assert one_sided == {(fact, op) for fact in never_empty for op in ("empty", "not_empty")}
    assert never_empty == {
        "abc", "business_line", "channel", "date", "free_stock", "hour", "lifecycle", "listing_age", "name", "platform",
        "pool", "pool_quantity", "shop", "shop_quantity", "sku", "sku_code", "velocity_7", "velocity_30", "weekday",
    }  # fmt: skip
