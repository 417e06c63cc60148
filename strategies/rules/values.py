"""The values of rows, read and brought to the scale of their facts."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from math import ceil, floor
from typing import Any, TypeAlias

import numpy as np

from .facts import FactLike, day_number
from .shapes import EMPTY, FactType, Op

Interval: TypeAlias = tuple[int, int]  # both ends included; empty when the first is above the second

LOWEST = EMPTY + 1
HIGHEST = int(np.iinfo(np.int64).max)
EVERYTHING: Interval = (LOWEST, HIGHEST)

_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNFIT = re.compile("[\0\ud800-\udfff]")  # NUL, and halves of surrogate pairs

# Values are whole numbers, so each comparison with an exact bound is an interval of whole numbers.
_INTERVALS: Mapping[Op, Callable[[Fraction], Interval]] = {
    Op.EQ: lambda bound: (ceil(bound), floor(bound)),
    Op.NE: lambda bound: (ceil(bound), floor(bound)),
    Op.LT: lambda bound: (LOWEST, ceil(bound) - 1),
    Op.LE: lambda bound: (LOWEST, floor(bound)),
    Op.GT: lambda bound: (floor(bound) + 1, HIGHEST),
    Op.GE: lambda bound: (ceil(bound), HIGHEST),
}


def read_number(value: object) -> Fraction | None:
    """The exact number of a decimal string such as "-12.50"; None for anything else."""
    return Fraction(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None


def read_date(value: object) -> date | None:
    """The date of an ISO string; None for anything else."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def read_codes(value: object) -> tuple[str, ...] | None:
    """A list of non-empty strings; None for anything else."""
    if not isinstance(value, list | tuple) or not all(read_text(item) for item in value):
        return None
    return tuple(value)


def read_text(value: object) -> str | None:
    """A string that isn't empty and that a database can hold; None for anything else."""
    return value if isinstance(value, str) and value and is_storable(value) else None


def is_storable(text: str) -> bool:
    """Whether a database can hold the text."""
    return _UNFIT.search(text) is None


def read_bound(fact: FactLike, value: object) -> Fraction | None:
    """One bound of a NUMBER in its units of 10 ** -places, or of a DATE in days; None for a value that is neither."""
    if fact.type is FactType.DATE:
        day = read_date(value)
        return None if day is None else Fraction(day_number(day))
    number = read_number(value)
    return None if number is None else number * 10**fact.places


def read_interval(fact: FactLike, op: Op, value: Any) -> Interval | None:
    """The whole numbers that a comparison accepts (for NE: refuses); None for a value of another shape."""
    if op is Op.BETWEEN:
        ends = [read_bound(fact, end) for end in value] if isinstance(value, list | tuple) else []
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            return None
        low, high = ceil(ends[0]), floor(ends[1])
    else:
        bound = read_bound(fact, value)
        if bound is None:
            return None
        low, high = _INTERVALS[op](bound)
    return max(low, LOWEST), min(high, HIGHEST)
