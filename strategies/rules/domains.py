"""The values that rows about one fact leave to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from .comparisons import Comparison
from .facts import WEEKDAYS
from .patterns import fold_case, match_pattern
from .shapes import EMPTY, FactType, Op
from .values import EVERYTHING, HIGHEST, Interval

Parents: TypeAlias = Mapping[str, str | None]

_NO_CODE = ""  # the value of a fact that is empty
_HOURS: Interval = (0, 23)


def leaves_nothing(rows: Sequence[Comparison], parents: Parents | None) -> bool:
    """Whether no value fulfils all the rows, which are about one fact. `parents` of a TREE, None for unknown."""
    match rows[0].type:
        case FactType.MANY:
            return _leaves_no_set(rows)
        case FactType.NUMBER | FactType.DATE | FactType.FLAG:
            return not _remaining_numbers(rows)
        case _:
            return _leaves_no_code(rows, parents)


def _remaining_numbers(rows: Sequence[Comparison]) -> list[Interval]:
    remaining: list[Interval] = [_HOURS if rows[0].key == "hour" else (EMPTY, HIGHEST)]
    for row in rows:
        accepted = _accepted(row)
        meets = [(max(a, c), min(b, d)) for a, b in remaining for c, d in accepted]
        remaining = [(low, high) for low, high in meets if low <= high]
    return remaining


def _accepted(row: Comparison) -> list[Interval]:
    """The numbers that a row accepts, the unknown one (EMPTY) among them."""
    low, high = row.interval
    if row.type is FactType.FLAG:
        return [(int(row.flag), int(row.flag))]
    if row.op is Op.EMPTY:
        return [(EMPTY, EMPTY)]
    if row.op is Op.NOT_EMPTY:
        return [EVERYTHING]
    if row.op is Op.NE:
        return [(EMPTY, low - 1), (high + 1, HIGHEST)] if low <= high else [(EMPTY, HIGHEST)]
    return [(low, high)]


@dataclass(frozen=True, slots=True)
class _Codes:
    """These codes, or all others."""

    codes: frozenset[str]
    others: bool = False

    def meet(self, other: "_Codes") -> "_Codes":
        match self.others, other.others:
            case False, False:
                return _Codes(self.codes & other.codes)
            case True, True:
                return _Codes(self.codes | other.codes, others=True)
            case False, True:
                return _Codes(self.codes - other.codes)
            case _:
                return other.meet(self)

    def is_none(self) -> bool:
        return not self.codes and not self.others


def _leaves_no_code(rows: Sequence[Comparison], parents: Parents | None) -> bool:
    remaining = _Codes(frozenset(WEEKDAYS)) if rows[0].key == "weekday" else _Codes(frozenset(), others=True)
    for row in rows:
        remaining = remaining.meet(_accepted_codes(row, parents))
    if not remaining.others:
        remaining = _Codes(frozenset(code for code in remaining.codes if _fits_patterns(code, rows)))
    return remaining.is_none() or _has_opposites(rows)


def _accepted_codes(row: Comparison, parents: Parents | None) -> _Codes:
    """The codes that a row accepts, or more of them where that can't be told."""
    match row.op:
        case Op.IN | Op.NOT_IN:
            return _Codes(frozenset(row.codes), others=row.op is Op.NOT_IN)
        case Op.EMPTY:
            return _Codes(frozenset({_NO_CODE}))
        case Op.WITHIN if parents is not None:
            return _Codes(_nodes_within(row.codes, parents))
        case Op.NOT_WITHIN:
            return _Codes(_nodes_within(row.codes, parents or {}), others=True)
        case Op.NOT_MATCHES:
            return _Codes(frozenset(), others=True)
        case _:
            return _Codes(frozenset({_NO_CODE}), others=True)


def _nodes_within(codes: Sequence[str], parents: Parents) -> frozenset[str]:
    within = set(codes)
    beneath: dict[str, list[str]] = {}
    for node, parent in parents.items():
        if parent is not None:
            beneath.setdefault(parent, []).append(node)
    waiting = list(within)
    while waiting:
        new = [node for node in beneath.get(waiting.pop(), ()) if node not in within]
        within.update(new)
        waiting += new
    return frozenset(within)


def _fits_patterns(code: str, rows: Sequence[Comparison]) -> bool:
    folded = fold_case(np.array([code]))
    for row in rows:
        if row.op in {Op.MATCHES, Op.NOT_MATCHES}:
            matching = bool(match_pattern(folded, row.pattern)[0]) and code != _NO_CODE
            if matching != (row.op is Op.MATCHES):
                return False
    return True


def _has_opposites(rows: Sequence[Comparison]) -> bool:
    """Whether one row refuses all that another one asks for, whichever nodes lie beneath theirs, or texts fit."""
    within = [set(row.codes) for row in rows if row.op is Op.WITHIN]
    outside = [set(row.codes) for row in rows if row.op is Op.NOT_WITHIN]
    wanted = {row.pattern for row in rows if row.op is Op.MATCHES}
    refused = {row.pattern for row in rows if row.op is Op.NOT_MATCHES}
    return any(inner <= outer for inner in within for outer in outside) or not wanted.isdisjoint(refused)


def _leaves_no_set(rows: Sequence[Comparison]) -> bool:
    """Whether no set of codes fulfils rows about a MANY."""
    required = {code for row in rows if row.op is Op.ALL for code in row.codes}
    refused = {code for row in rows if row.op is Op.NOT_IN for code in row.codes}
    allowed = _Codes(frozenset(refused), others=True)
    for row in rows:
        if row.op is Op.ONLY:
            allowed = allowed.meet(_Codes(frozenset(row.codes)))
    filled = any(row.op in {Op.ANY, Op.ALL, Op.ONLY, Op.NOT_EMPTY} for row in rows)
    if filled and (allowed.is_none() or any(row.op is Op.EMPTY for row in rows)):
        return True
    choices = [row.codes for row in rows if row.op is Op.ANY] + [(code,) for code in required]
    return any(_Codes(frozenset(codes)).meet(allowed).is_none() for codes in choices)
