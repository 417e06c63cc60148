"""Why each strategy matches a cell or doesn't: what every row asks, and what the fact is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound
from strategies.registry import Fact, facts_of, find_kind, label_choices
from strategies.rules import CLOCK_FACTS, Matcher, compile_conditions
from strategies.rules.facts import clock_columns, day_of
from strategies.rules.shapes import EMPTY, NOTHING, Axis, Column, Conditions, FactType, Grid, Group
from strategies.selectors.rulesets import Rule, load_rules
from strategies.selectors.winners import business_time
from strategies.words import say_rows, say_value


class JudgedRow(NamedTuple):
    """What a row asks, what the fact is, and whether the row holds; `group` counts from 0, exclusions apart."""

    sentence: str
    value: str
    held: bool
    group: int
    excludes: bool


@dataclass(frozen=True, slots=True)
class Considered:
    """A rule that was asked about a cell; the first that matched `decides`."""

    rule: Rule
    matched: bool
    decides: bool
    rows: tuple[JudgedRow, ...]


def explain_cell(kind: str, place_code: str, sku_id: int, at: datetime | None = None) -> list[Considered]:
    """Every rule in force at a moment (now by default), in order, and what it says of the cell.

    Time is as of that moment; what nobody keeps a history of, such as prices, is as it is now. NotFound for a place or
    a SKU that isn't in the grid.
    """
    ruleset = load_rules(kind, at)
    grid = find_kind(kind).load(ruleset.facts, [sku_id], business_time(at or timezone.now()))
    if place_code not in grid.places or sku_id not in grid.sku_ids:
        raise NotFound(_("There is no such place or SKU."))
    place = grid.places.index(place_code)
    facts = {fact.key: fact for fact in facts_of(find_kind(kind))}
    found: list[Considered] = []
    for rule in ruleset.rules:
        matched = _holds(rule.matcher, grid, place)
        decides = matched and not any(earlier.decides for earlier in found)
        found.append(Considered(rule, matched, decides, _judge_rows(rule.conditions, facts, grid, place)))
    return found


def _judge_rows(conditions: Conditions, facts: Mapping[str, Fact], grid: Grid, place: int) -> tuple[JudgedRow, ...]:
    located = [
        (row, number, excludes)
        for groups, excludes in ((conditions.any, False), (conditions.unless, True))
        for number, group in enumerate(groups)
        for row in group.all
    ]
    judged = []
    for (row, number, excludes), sentence in zip(located, say_rows([row for row, *_where in located]), strict=True):
        matcher = compile_conditions(Conditions(any=(Group(all=(row,)),)), facts)
        value = _say_fact(grid, place, facts[row.fact])
        judged.append(JudgedRow(sentence, value, _holds(matcher, grid, place), number, excludes))
    return tuple(judged)


def _holds(matcher: Matcher, grid: Grid, place: int) -> bool:
    truth = np.broadcast_to(matcher.match(grid), (len(grid.places), 1))
    return bool(truth[place, 0])


def _say_fact(grid: Grid, place: int, fact: Fact) -> str:
    """What a fact is at a place for the first SKU, in words."""
    column = clock_columns(grid.at)[fact.key] if fact.key in CLOCK_FACTS else grid.columns[fact.key]
    at = place if fact.axis in {Axis.PLACE, Axis.PAIR} else 0
    if fact.type in {FactType.CHOICE, FactType.TREE, FactType.MANY}:
        codes = _codes_at(column, at)
        labels = label_choices(fact, codes)
        words = [say_value(code, fact, labels) for code in codes]
    else:
        words = _plain_words(column.values.reshape(-1)[at], fact)
    return ", ".join(words) or _("empty")


def _codes_at(column: Column, at: int) -> list[str]:
    if column.offsets is None:
        numbers = [int(column.values.reshape(-1)[at])]
    else:
        numbers = column.values[column.offsets[at] : column.offsets[at + 1]].tolist()
    return [column.codes[number] for number in numbers if number != NOTHING]


def _plain_words(value: Any, fact: Fact) -> list[str]:
    if fact.type is FactType.TEXT:
        return [str(value)] if value else []
    if fact.type is FactType.FLAG:
        return [_("yes") if value else _("no")]
    if value == EMPTY:
        return []
    if fact.type is FactType.DATE:
        return [say_value(day_of(int(value)).isoformat(), fact, {})]
    return [say_value(str(Decimal(int(value)).scaleb(-fact.places)), fact, {})]
