"""What rules in force ask about places, as it was when somebody last looked.

Pools, shops, warehouses and what joins them change through many doors, SQL among them. So what is asked about places
is remembered, and an edit is told by the difference.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from strategies.registry import Kind, find_fact
from strategies.rules.shapes import EMPTY, NOTHING, Axis, Bools, Column, FactType, Grid

Remembered: TypeAlias = Mapping[str, Mapping[str, Any]]
"""By fact, by id of the place as text: a code or None, sorted codes of a MANY, a text, or a number."""

_CODED = {FactType.CHOICE, FactType.TREE}


def read_places(kind: Kind, facts: Iterable[str], at: datetime) -> Remembered:
    """The values of those of the facts that are about places."""
    keys = sorted(key for key in facts if find_fact(key).axis is Axis.PLACE)
    if not keys:
        return {}
    grid = kind.load(keys, [], at)
    ids = [str(place) for place in grid.place_ids]
    return {key: dict(zip(ids, _plain(grid.columns[key], find_fact(key).type), strict=True)) for key in keys}


def has_changed(before: Remembered, now: Remembered) -> bool:
    """Whether any fact says something else; one that wasn't asked about before doesn't count."""
    return any(before[key] != values for key, values in now.items() if key in before)


def put_back(grid: Grid, remembered: Remembered) -> Grid:
    """The grid with the places' facts as remembered."""
    ids = [str(place) for place in grid.place_ids]
    columns = {
        key: _column([remembered[key].get(place) for place in ids], find_fact(key).type, column)
        for key, column in grid.columns.items()
        if key in remembered
    }
    return replace(grid, columns={**grid.columns, **columns})


def find_new(grid: Grid, remembered: Remembered) -> Bools:
    """[P] the places that nobody has seen."""
    return np.array([any(str(pk) not in known for known in remembered.values()) for pk in grid.place_ids], bool)


def _plain(column: Column, kind: FactType) -> list[Any]:
    values = column.values.tolist()
    if kind in _CODED:
        return [None if value == NOTHING else column.codes[value] for value in values]
    if column.offsets is None:
        return list(values)
    ends = column.offsets.tolist()
    return [sorted(column.codes[code] for code in values[low:high]) for low, high in pairwise(ends)]


def _column(values: list[Any], kind: FactType, now: Column) -> Column:
    """A column of plain values, None for a place that had none; `now` has the tree, if it is one."""
    if kind is FactType.TEXT:
        return Column(np.array([value or "" for value in values], np.str_))
    if kind is FactType.MANY:
        offsets = np.cumsum([0, *(len(value or ()) for value in values)], dtype=np.int64)
        codes, at = _encode([code for value in values for code in value or ()])
        return Column(np.array(at, np.int64), codes, offsets=offsets)
    if kind in _CODED:
        codes, at = _encode(values)
        return Column(np.array(at, np.int64), codes, now.parents)
    return Column(np.array([EMPTY if value is None else value for value in values], now.values.dtype))


def _encode(values: list[Any]) -> tuple[tuple[str, ...], list[int]]:
    codes = tuple(dict.fromkeys(value for value in values if value is not None))
    places = {code: place for place, code in enumerate(codes)}
    return codes, [NOTHING if value is None else places[value] for value in values]
