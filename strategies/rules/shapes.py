"""Facts, their values over a grid of places and SKUs, and conditions.

P places (pools, shops, ...), N SKUs. A kind of strategy decides for each cell (place, SKU) of its grid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Bools: TypeAlias = NDArray[np.bool_]
Int64s: TypeAlias = NDArray[np.int64]

NOTHING = -1  # a choice that isn't set, and a cell that no strategy matches
EMPTY = int(np.iinfo(np.int64).min)  # a number that isn't known


class FactType(StrEnum):
    """What a fact's values are, and so which operators it has."""

    CHOICE = "choice"  # one of a set of codes
    MANY = "many"  # any number of codes, such as tags
    TREE = "tree"  # one of a set of codes that lie in a tree, such as categories
    NUMBER = "number"  # a whole number of 10 ** -places units
    TEXT = "text"
    FLAG = "flag"
    DATE = "date"  # days since 1970-01-01


class Axis(StrEnum):
    """What a fact belongs to, and so the shape of its column."""

    CLOCK = "clock"  # [1]
    PLACE = "place"  # [P]
    SKU = "sku"  # [N]
    PAIR = "pair"  # [P, N]


class Op(StrEnum):
    """How a row compares a fact with its value."""

    IN = "in"
    NOT_IN = "not_in"
    ANY = "any"  # contains any of
    ALL = "all"  # contains all of
    ONLY = "only"  # contains nothing else than
    WITHIN = "within"  # one of these nodes or beneath one
    NOT_WITHIN = "not_within"
    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    BETWEEN = "between"  # both ends included
    MATCHES = "matches"  # `*` stands for anything, `?` for one character; case doesn't matter
    NOT_MATCHES = "not_matches"
    EMPTY = "empty"
    NOT_EMPTY = "not_empty"


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A fact's values, shaped by its axis.

    CHOICE and TREE: places in `codes`, NOTHING for none. NUMBER: units of 10 ** -places, DATE: days, EMPTY for
    unknown. FLAG: 0 or 1. TEXT: an array of str. MANY: `values` is flat, and item i has the codes
    `values[offsets[i]:offsets[i + 1]]`; it lies on one axis. `parents` of a TREE: each code's parent, None for a root.
    """

    values: NDArray[Any]
    codes: tuple[str, ...] = ()
    parents: Mapping[str, str | None] = field(default_factory=dict)
    offsets: Int64s | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """What strategies of one kind are judged by, as of one moment."""

    at: datetime  # aware, in the zone of the business
    place_ids: tuple[int, ...]
    places: tuple[str, ...]  # [P] codes
    sku_ids: Int64s  # [N] ascending
    columns: Mapping[str, Column]  # by fact key


class Row(BaseModel):
    """One comparison: `value` is a list of codes, a number as a string, a pair of them for BETWEEN, a pattern, a bool,
    a date (ISO), or None for EMPTY and NOT_EMPTY.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    fact: str
    op: Op
    value: Any = None


class Group(BaseModel):
    """Rows that must all hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    all: tuple[Row, ...] = ()


class Conditions(BaseModel):
    """When a strategy matches: any group holds (or there is none), and none of the exclusions does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    any: tuple[Group, ...] = ()
    unless: tuple[Group, ...] = ()
