"""Conditions judged one cell and one row at a time, and strategies one after the other: what the product must equal.

A fact's value is a code or None (CHOICE, TREE), a list of codes (MANY), a Decimal or None (NUMBER), a date or None
(DATE), a str (TEXT) or a bool (FLAG).
"""

import re
from datetime import date
from decimal import Decimal

from strategies.rules.shapes import NOTHING, FactType


def matches_cell(conditions, values, facts, parents=None):
    """Whether conditions hold where the facts have these values; `parents` of each TREE by fact key."""

    def holds(group):
        return all(
            row_holds(row, values[row.fact], facts[row.fact], (parents or {}).get(row.fact, {})) for row in group
        )

    wanted = not conditions.any or any(holds(group.all) for group in conditions.any)
    return wanted and not any(holds(group.all) for group in conditions.unless)


def first_match(strategies, values, facts, parents=None):
    for index, conditions in enumerate(strategies):
        if matches_cell(conditions, values, facts, parents):
            return index
    return NOTHING


def row_holds(row, actual, fact, parents):
    empty = actual is None or actual in ("", [])
    if row.op == "empty":
        return empty
    if row.op == "not_empty":
        return not empty
    if row.op in ("not_in", "not_within", "ne", "not_matches"):
        return empty or not _compare(_positive(row.op, fact.type), actual, row.value, fact, parents)
    return not empty and _compare(row.op, actual, row.value, fact, parents)


def _positive(op, type_):
    if op == "not_in":
        return "any" if type_ is FactType.MANY else "in"
    return {"not_within": "within", "ne": "eq", "not_matches": "matches"}[op]


def _compare(op, actual, value, fact, parents):
    if fact.type in (FactType.NUMBER, FactType.DATE):
        read = Decimal if fact.type is FactType.NUMBER else date.fromisoformat
        return _compare_order(op, actual, [read(end) for end in value] if op == "between" else read(value))
    if op == "eq":
        return actual is value
    if op == "in":
        return actual in value
    if op == "any":
        return any(code in value for code in actual)
    if op == "all":
        return all(code in actual for code in value)
    if op == "only":
        return all(code in value for code in actual)
    if op == "within":
        return any(node in value for node in _ancestors(actual, parents))
    if op == "matches":
        return _describes(value, actual)
    raise AssertionError(op)


def _compare_order(op, actual, bound):
    if op == "between":
        return bound[0] <= actual <= bound[1]
    return {
        "eq": actual == bound,
        "lt": actual < bound,
        "le": actual <= bound,
        "gt": actual > bound,
        "ge": actual >= bound,
    }[op]


def _ancestors(node, parents):
    while node is not None:
        yield node
        node = parents.get(node)


def _describes(pattern, text):
    wanted = "".join({"*": ".*", "?": "."}.get(c, re.escape(_lower(c))) for c in pattern)
    return re.fullmatch(wanted, "".join(_lower(c) for c in text), re.DOTALL) is not None


def _lower(character):
    lower = character.lower()
    return lower if len(lower) == 1 else character
