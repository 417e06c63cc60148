"""Small grids from plain values, and random ones with random conditions over them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from strategies.rules import OPERATORS, FactSpec
from strategies.rules.facts import CLOCK_FACTS, WEEKDAYS
from strategies.rules.shapes import EMPTY, NOTHING, Axis, Column, Conditions, FactType, Grid, Group, Op, Row

AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)  # a Wednesday
CODES = ("a", "b", "c", "d", "e")
TREE = {"a": None, "b": "a", "c": "b", "d": None, "e": "d"}
PLACES = 2


def column_of(fact, values, parents=None):
    """A column of an axis' flat plain values; a PAIR's are reshaped by the caller."""
    if fact.type in (FactType.CHOICE, FactType.TREE):
        codes = tuple(dict.fromkeys(value for value in values if value is not None))
        places = [NOTHING if value is None else codes.index(value) for value in values]
        return Column(np.array(places, np.int64), codes=codes, parents=parents or {})
    if fact.type is FactType.MANY:
        codes = tuple(sorted({code for value in values for code in value}))
        flat = [codes.index(code) for value in values for code in value]
        offsets = np.cumsum([0, *(len(value) for value in values)])
        return Column(np.array(flat, np.int64), codes=codes, offsets=offsets)
    return Column(np.array([_plain(fact, value) for value in values], np.str_ if fact.type is FactType.TEXT else None))


def _plain(fact, value):
    if fact.type is FactType.NUMBER:
        return EMPTY if value is None else int(value.scaleb(fact.places))
    if fact.type is FactType.DATE:
        return EMPTY if value is None else (value - date(1970, 1, 1)).days
    return int(value) if fact.type is FactType.FLAG else value


def shaped(fact, values, places, skus, parents=None):
    column = column_of(fact, values, parents)
    if fact.axis is not Axis.PAIR:
        return column
    return Column(column.values.reshape(places, skus), codes=column.codes, parents=column.parents)


def grid_of(facts, values, *, places=1, skus=1, at=AT, parents=None):
    """A grid of plain values, flat by fact; those of the clock are left to the product."""
    columns = {
        key: shaped(facts[key], items, places, skus, (parents or {}).get(key))
        for key, items in values.items()
        if key not in CLOCK_FACTS
    }
    return Grid(at, tuple(range(places)), tuple(f"P{p}" for p in range(places)), np.arange(skus), columns)


def clock_values(at):
    return {"date": at.date(), "weekday": str(at.isoweekday()), "hour": Decimal(at.hour)}


def cell_values(facts, values, place, sku, skus, at):
    """What a cell's facts are, for the plain evaluation."""
    where = {Axis.CLOCK: 0, Axis.PLACE: place, Axis.SKU: sku, Axis.PAIR: place * skus + sku}
    return {key: items[where[facts[key].axis]] for key, items in values.items()} | clock_values(at)


# Every type on every axis it may lie on.
FACTS = {
    f"{axis}_{type_}": FactSpec(f"{axis}_{type_}", type_, axis, 2 if type_ is FactType.NUMBER else 0)
    for axis in Axis
    for type_ in FactType
    if (axis, type_) != (Axis.PAIR, FactType.MANY)
} | dict(CLOCK_FACTS)
PARENTS = {key: TREE for key, fact in FACTS.items() if fact.type is FactType.TREE}

codes = st.sampled_from(CODES)
numbers = st.integers(-300, 300).map(lambda units: Decimal(units).scaleb(-2))
bounds = st.integers(-3000, 3000).map(lambda units: str(Decimal(units).scaleb(-3)))
dates = st.dates(date(2026, 3, 1), date(2026, 3, 8))
texts = st.text("aAbB中ßİΣς?*\n", max_size=4)
VALUES = {
    FactType.CHOICE: st.none() | codes,
    FactType.TREE: st.none() | codes,
    FactType.MANY: st.lists(codes, unique=True, max_size=3),
    FactType.NUMBER: st.none() | numbers,
    FactType.TEXT: texts,
    FactType.FLAG: st.booleans(),
    FactType.DATE: st.none() | dates,
}
_code_lists = st.lists(codes | st.just("gone"), max_size=3)
_order = {
    FactType.NUMBER: bounds,
    FactType.DATE: dates.map(date.isoformat),
}


def _values_of(fact, op):
    if op in (Op.EMPTY, Op.NOT_EMPTY):
        return st.none()
    if fact.type in _order:
        bound = st.integers(0, 23).map(str) if fact.key == "hour" else _order[fact.type]
        return st.lists(bound, min_size=2, max_size=2) if op is Op.BETWEEN else bound
    if fact.type is FactType.FLAG:
        return st.booleans()
    if fact.type is FactType.TEXT:
        some = texts.filter(bool)
        return (
            st.lists(some, max_size=12) if op in (Op.IN, Op.NOT_IN) else st.text("aAbB中ßİΣ?*", min_size=1, max_size=6)
        )
    return st.lists(st.sampled_from(WEEKDAYS), max_size=4) if fact.key == "weekday" else _code_lists


@st.composite
def rows(draw, keys=tuple(FACTS)):
    fact = FACTS[draw(st.sampled_from(keys))]
    op = draw(st.sampled_from(OPERATORS[fact.type]))
    return Row(fact=fact.key, op=op, value=draw(_values_of(fact, op)))


def conditions(keys=tuple(FACTS), *, most=3):
    groups = st.lists(st.lists(rows(keys), max_size=most).map(lambda all_: Group(all=all_)), max_size=2)
    return st.builds(Conditions, any=groups, unless=groups)


@st.composite
def worlds(draw, places=PLACES, skus=4):
    """(flat plain values by fact, the moment)."""
    counts = {Axis.CLOCK: 1, Axis.PLACE: places, Axis.SKU: skus, Axis.PAIR: places * skus}
    values = {
        key: draw(st.lists(VALUES[fact.type], min_size=counts[fact.axis], max_size=counts[fact.axis]))
        for key, fact in FACTS.items()
        if key not in CLOCK_FACTS
    }
    at = draw(st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 9), timezones=st.just(UTC)))  # noqa: DTZ001
    return values, at
