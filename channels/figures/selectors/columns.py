"""Makes columns of facts out of plain values."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from core.bulk import Int64s, column_index
from strategies.rules.shapes import NOTHING, Column


def choice_column(values: Sequence[str | None]) -> Column:
    """One code per item; None and an empty one for none."""
    codes = tuple(dict.fromkeys(value for value in values if value))
    at = {code: place for place, code in enumerate(codes)}
    return Column(np.array([at[value] if value else NOTHING for value in values], np.int64), codes)


def many_column(items: Sequence[Collection[str]]) -> Column:
    """Any number of codes per item, each counted once."""
    sets = [list(dict.fromkeys(item)) for item in items]
    codes = tuple(dict.fromkeys(code for item in sets for code in item))
    at = {code: place for place, code in enumerate(codes)}
    offsets = np.zeros(len(sets) + 1, np.int64)
    np.cumsum([len(item) for item in sets], out=offsets[1:])
    return Column(np.array([at[code] for item in sets for code in item], np.int64), codes, offsets=offsets)


def column_of_ids(ids: Int64s, codes: Mapping[int, str], parents: Mapping[str, str | None] | None = None) -> Column:
    """A choice by its database ids, -1 for none; `codes` by id."""
    lookup = column_index(np.fromiter(codes, np.int64, len(codes)))
    places = lookup[np.minimum(ids, lookup.size - 1)]
    return Column(np.where(ids < 0, NOTHING, places), tuple(codes.values()), parents or {})
