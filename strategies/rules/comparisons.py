"""One row of conditions, compiled, and bound to the columns of a grid."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from .columns import Indexed
from .facts import OPERATORS, FactLike
from .patterns import match_pattern
from .shapes import EMPTY, NOTHING, Axis, Bools, FactType, Op, Row
from .values import EVERYTHING, HIGHEST, Interval, read_codes, read_interval, read_text

Bound: TypeAlias = Callable[[int, int], Bools]
"""The truth of the columns from `low` to `high` - 1 of a fact's last axis."""

_FEW_TEXTS = 8  # as many are compared one by one; more are worth sorting the texts


@dataclass(frozen=True, slots=True)
class Comparison:
    """A row with its value made ready."""

    key: str
    type: FactType
    axis: Axis
    op: Op
    codes: tuple[str, ...] = ()
    interval: Interval = EVERYTHING
    pattern: str = ""
    flag: bool = False

    def bind(self, indexed: Indexed) -> Bound:
        """The comparison over one grid's column of the fact."""
        return _BINDERS[self.type](self, indexed)


def compile_row(row: Row, fact: FactLike) -> Comparison:
    """ValueError when the operator isn't one of the fact's type, or the value doesn't fit."""
    value = None
    if row.op in OPERATORS[fact.type]:
        value = _read_value(row, fact)
    if value is None:
        raise ValueError(f"{row.fact} {row.op} {row.value!r} can't be compiled")
    return Comparison(fact.key, fact.type, fact.axis, row.op, **value)


def _read_value(row: Row, fact: FactLike) -> dict[str, Any] | None:
    if row.op in {Op.EMPTY, Op.NOT_EMPTY}:
        return {} if row.value is None else None
    return _READERS[fact.type](fact, row.op, row.value)


def _read_codes(_fact: FactLike, _op: Op, value: object) -> dict[str, Any] | None:
    codes = read_codes(value)
    return None if codes is None else {"codes": codes}


def _read_interval(fact: FactLike, op: Op, value: object) -> dict[str, Any] | None:
    interval = read_interval(fact, op, value)
    return None if interval is None else {"interval": interval}


def _read_text(fact: FactLike, op: Op, value: object) -> dict[str, Any] | None:
    if op in {Op.IN, Op.NOT_IN}:
        return _read_codes(fact, op, value)
    pattern = read_text(value)
    return None if pattern is None else {"pattern": pattern}


def _read_flag(_fact: FactLike, _op: Op, value: object) -> dict[str, Any] | None:
    return {"flag": value} if isinstance(value, bool) else None


_READERS: Mapping[FactType, Callable[[FactLike, Op, object], dict[str, Any] | None]] = {
    FactType.CHOICE: _read_codes,
    FactType.TREE: _read_codes,
    FactType.MANY: _read_codes,
    FactType.NUMBER: _read_interval,
    FactType.DATE: _read_interval,
    FactType.TEXT: _read_text,
    FactType.FLAG: _read_flag,
}


def _bind_codes(comparison: Comparison, indexed: Indexed) -> Bound:
    """A choice, or a node of a tree: a table of truths by code."""
    op, values = comparison.op, indexed.column.values
    if op in {Op.EMPTY, Op.NOT_EMPTY}:
        table = np.full(len(indexed.column.codes) + 1, op is Op.NOT_EMPTY)
        table[NOTHING] = op is Op.EMPTY
    elif op in {Op.WITHIN, Op.NOT_WITHIN}:
        table = indexed.flag_within(comparison.codes)
    else:
        table = indexed.flag_codes(comparison.codes, nothing=False)
    if op in {Op.NOT_IN, Op.NOT_WITHIN}:
        table = ~table
    return lambda low, high: table[values[..., low:high]]


def _bind_many(comparison: Comparison, indexed: Indexed) -> Bound:
    op, places = comparison.op, indexed.find_codes(dict.fromkeys(comparison.codes))
    if op in {Op.EMPTY, Op.NOT_EMPTY}:
        return lambda low, high: (indexed.sizes[low:high] > 0) == (op is Op.NOT_EMPTY)
    if op is Op.ONLY:
        return lambda low, high: _has_only(indexed, places, low, high)
    if op is Op.ALL:
        known = len(places) == len(set(comparison.codes))
        return lambda low, high: _has_all(indexed, places, low, high) & known
    return lambda low, high: _has_any(indexed, places, low, high) == (op is Op.ANY)


def _has_any(indexed: Indexed, places: list[int], low: int, high: int) -> Bools:
    having = np.zeros(len(indexed.sizes[low:high]), np.bool_)
    for place in places:
        having[indexed.items_of(place, low, high)] = True
    return having


def _has_all(indexed: Indexed, places: list[int], low: int, high: int) -> Bools:
    having: Bools = indexed.sizes[low:high] > 0
    for place in places:
        having &= _has_any(indexed, [place], low, high)
    return having


def _has_only(indexed: Indexed, places: list[int], low: int, high: int) -> Bools:
    sizes = indexed.sizes[low:high]
    known = np.zeros(len(sizes), np.int64)
    for place in places:
        known += np.bincount(indexed.items_of(place, low, high), minlength=len(sizes))
    only: Bools = (sizes > 0) & (known == sizes)
    return only


def _bind_interval(comparison: Comparison, indexed: Indexed) -> Bound:
    op, values, (lowest, highest) = comparison.op, indexed.column.values, comparison.interval
    if op in {Op.EMPTY, Op.NOT_EMPTY}:
        return lambda low, high: (values[..., low:high] != EMPTY) == (op is Op.NOT_EMPTY)

    def judge(low: int, high: int) -> Bools:
        band = values[..., low:high]
        within: Bools = band >= lowest
        if highest < HIGHEST:
            within &= band <= highest
        return ~within if op is Op.NE else within

    return judge


def _bind_text(comparison: Comparison, indexed: Indexed) -> Bound:
    op, values = comparison.op, indexed.column.values
    if op in {Op.EMPTY, Op.NOT_EMPTY}:
        return lambda low, high: (values[..., low:high] != "") == (op is Op.NOT_EMPTY)
    if op in {Op.IN, Op.NOT_IN}:
        if len(comparison.codes) > _FEW_TEXTS:
            return _bind_codes(comparison, indexed.encoded)
        wanted = np.array(comparison.codes, np.str_)
        return lambda low, high: np.isin(values[..., low:high], wanted, invert=op is Op.NOT_IN)

    def judge(low: int, high: int) -> Bools:
        folded = indexed.fold(low, high)
        matching = match_pattern(folded, comparison.pattern) & (folded != "")
        truth = matching if op is Op.MATCHES else ~matching
        shaped: Bools = truth.reshape(values[..., low:high].shape)
        return shaped

    return judge


def _bind_flag(comparison: Comparison, indexed: Indexed) -> Bound:
    return lambda low, high: (indexed.column.values[..., low:high] != 0) == comparison.flag


_BINDERS: Mapping[FactType, Callable[[Comparison, Indexed], Bound]] = {
    FactType.CHOICE: _bind_codes,
    FactType.TREE: _bind_codes,
    FactType.MANY: _bind_many,
    FactType.NUMBER: _bind_interval,
    FactType.DATE: _bind_interval,
    FactType.TEXT: _bind_text,
    FactType.FLAG: _bind_flag,
}
