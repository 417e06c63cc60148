"""Groups that can never hold, found by the values that their rows leave to each fact.

Facts are taken to vary freely: what is found can't hold whatever the data are, but not all that can't is found.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from .comparisons import Comparison
from .domains import Parents, leaves_nothing
from .facts import FactLike
from .matching import compile_conditions
from .shapes import Conditions, FactType, Op

_Located: TypeAlias = tuple[str, Comparison]  # a row and its path

_OPPOSITES: Mapping[Op, Op] = {
    Op.IN: Op.NOT_IN,
    Op.NOT_IN: Op.IN,
    Op.WITHIN: Op.NOT_WITHIN,
    Op.NOT_WITHIN: Op.WITHIN,
    Op.MATCHES: Op.NOT_MATCHES,
    Op.NOT_MATCHES: Op.MATCHES,
    Op.EMPTY: Op.NOT_EMPTY,
    Op.NOT_EMPTY: Op.EMPTY,
    Op.ANY: Op.NOT_IN,
}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A group of `any` that never holds, and the paths (`any[0].all[1]`) of the rows that rule each other out.

    Conditions without groups count as one group without rows.
    """

    group: int
    rows: tuple[str, ...]


def find_contradictions(
    conditions: Conditions, facts: Mapping[str, FactLike], trees: Mapping[str, Parents] | None = None
) -> list[Contradiction]:
    """One for each group that can never hold; conditions with one for every group never match.

    `trees` has the parents of TREE facts: without its tree nothing is known of which nodes lie within which.
    ValueError for conditions that checking refuses.
    """
    matcher = compile_conditions(conditions, facts)
    known = trees or {}
    groups = [_locate(f"any[{number}]", rows) for number, rows in enumerate(matcher.groups)]
    unless = [_locate(f"unless[{number}]", rows) for number, rows in enumerate(matcher.unless)]
    found = []
    for number, group in enumerate(groups):
        rows = _find_clash(group, known) or _find_swallowing(group, unless, known)
        if rows is not None:
            found.append(Contradiction(number, rows))
    return found


def _locate(path: str, rows: Sequence[Comparison]) -> list[_Located]:
    return [(f"{path}.all[{number}]", row) for number, row in enumerate(rows)]


def _find_clash(group: Sequence[_Located], trees: Mapping[str, Parents]) -> tuple[str, ...] | None:
    """The rows of the first fact that they leave no value to."""
    for key in dict.fromkeys(row.key for _, row in group):
        rows = [(path, row) for path, row in group if row.key == key]
        if leaves_nothing([row for _, row in rows], trees.get(key)):
            return tuple(path for path, _ in rows)
    return None


def _find_swallowing(
    group: Sequence[_Located], unless: Sequence[Sequence[_Located]], trees: Mapping[str, Parents]
) -> tuple[str, ...] | None:
    """The rows of an exclusion that holds wherever the group does, behind those of the group."""
    rows = [row for _, row in group]
    for exclusion in unless:
        if all(_implies(rows, row, trees.get(row.key)) for _, row in exclusion):
            return tuple(path for path, _ in (*group, *exclusion))
    return None


def _implies(rows: Sequence[Comparison], implied: Comparison, parents: Parents | None) -> bool:
    about = [row for row in rows if row.key == implied.key]
    if implied in about or implied.op is Op.ONLY:  # no row says the opposite of ONLY
        return implied in about
    return all(leaves_nothing([*about, opposite], parents) for opposite in _negate(implied))


def _negate(row: Comparison) -> Iterator[Comparison]:
    """Rows of which at least one holds wherever this one doesn't."""
    if row.type is FactType.FLAG:
        yield replace(row, flag=not row.flag)
    elif row.type is FactType.MANY and row.op is Op.NOT_IN:
        yield replace(row, op=Op.ANY)
    elif row.op in _OPPOSITES:
        yield replace(row, op=_OPPOSITES[row.op])
    elif row.op is Op.ALL:
        yield replace(row, op=Op.EMPTY)
        for code in row.codes:
            yield replace(row, op=Op.NOT_IN, codes=(code,))
    else:
        yield replace(row, op=Op.EQ if row.op is Op.NE else Op.NE)
