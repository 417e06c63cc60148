"""What an audit checks. An app registers each of its checks when it starts; here is what a check looks like.

Sentences are kept as their English originals with the facts that fill them, so that everybody reads a kept audit in
their own language.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import gettext


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that isn't as it must be.

    `where` names the object as people know it. `sentence` and `proposal` are marked with `gettext_noop` and take their
    values from `facts`, which fit into JSON. Without a `proposal` a person must decide.
    """

    where: str
    sentence: str
    facts: dict[str, Any]
    proposal: str = ""

    def words(self) -> str:
        """What is wrong."""
        return gettext(self.sentence) % self.facts

    def proposed(self) -> str:
        """What a repair would do, empty when it wouldn't do anything."""
        return gettext(self.proposal) % self.facts if self.proposal else ""


class Found(NamedTuple):
    """How many violations there are, and the first of them."""

    total: int
    violations: list[Violation]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be true.

    `find` gets how many violations to answer at most; it only reads, set by set, and sees one state of the database.
    `repair` gets violations with a proposal and who asks for it; under locks it looks again, and answers how many it
    has put right. What `settles` may be on its way between two transactions: only what a second look finds as well
    counts.
    """

    name: str
    title: Any
    find: Callable[[int], Found]
    repair: Callable[[Sequence[Violation], str], int] | None = None
    settles: bool = False


_CHECKS: dict[str, Check] = {}


def register_check(check: Check) -> None:
    """Make `check` a part of every audit; they run in the order of registration."""
    if _CHECKS.setdefault(check.name, check) is not check:
        message = f"There are two checks named {check.name!r}."
        raise ValueError(message)


def all_checks() -> Mapping[str, Check]:
    """Every registered check by its name."""
    return _CHECKS


def find_wrong(sql: str, limit: int, describe: Callable[[dict[str, Any]], Violation]) -> Found:
    """Run a query that answers one row per violation, and describe the first `limit` rows, given by column name."""
    with connection.cursor() as cursor:
        # `count(*) OVER ()` counts before LIMIT cuts: a corrupted database must not fill the memory as well.
        cursor.execute(f"SELECT wrong.*, count(*) OVER () AS wrong_total FROM ({sql}) AS wrong LIMIT %s", [limit])
        columns = [column.name for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    total = rows[0]["wrong_total"] if rows else 0
    return Found(total, [describe(row) for row in rows])
