"""A section's rows as flat records in terms of codes, on both sides: the document's and the database's.

A record is a key (codes) and values by name. Comparing the two sides gives the changes, and the same
records written back give the document, so nothing can be loaded that isn't dumped.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from django.db.models import Model, QuerySet
from django.utils.functional import Promise

Key: TypeAlias = tuple[str | None, ...]
Values: TypeAlias = dict[str, Any]
Records: TypeAlias = dict[Key, Values]
Stored: TypeAlias = dict[Key, tuple[int | None, Values]]


class Absent(Enum):
    """What happens to a row that its section doesn't name."""

    KEEP = "keep"
    RETIRE = "retire"  # becomes inactive
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Ref:
    """A foreign key: `find` gives the key it refers to, `place` the field of the document that names it."""

    column: str
    table: str
    find: Callable[[Key, Values], Key | None]
    place: str = ""
    name: str = ""  # the value it stands for; empty when it is part of the key
    # The row to add for a code that nobody knows, for tables whose rows needn't be listed.
    implied: Callable[[str], Values | None] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """One database table of a section; `key` and `values` are paths of the ORM."""

    name: str
    label: str | Promise
    model: type[Model]
    key: tuple[str, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    refs: tuple[Ref, ...] = ()
    absent: Absent = Absent.KEEP
    # The table and key of the row that a row belongs to; absence counts only beneath a row that is named.
    parent: tuple[str, Callable[[Key, Values], Key]] | None = None
    unique: str = ""  # a nullable value that no two rows share
    derived: Mapping[str, Callable[[Values], Any]] = field(default_factory=dict)
    only: Mapping[str, Any] = field(default_factory=dict)  # a filter of the rows that stand in a document
    after: tuple[str, ...] = ()  # tables that must be written before this one, besides those that `refs` names
    # The values of the one row of a table without a key while it isn't stored.
    singleton: Values | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; an added row has no `before`, a retired one no `after`."""

    table: str
    key: Key
    before: Values | None
    after: Values | None

    @property
    def action(self) -> str:
        """`add`, `change` or `retire`."""
        if self.before is None:
            return "add"
        return "retire" if self.after is None else "change"

    @property
    def fields(self) -> list[str]:
        """The names of the values that differ; all of them for an added or retired row."""
        if self.before is None or self.after is None:
            return list(self.after or self.before or {})
        return [name for name, value in self.after.items() if self.before[name] != value]


def read_table(table: Table) -> Stored:
    """Every row of the table by key: its id and its values in terms of codes."""
    width = len(table.key)
    rows = _rows(table).values_list("id", *table.key, *table.values.values())
    stored: Stored = {
        row[1 : 1 + width]: (row[0], dict(zip(table.values, row[1 + width :], strict=True))) for row in rows
    }
    if not stored and table.singleton is not None:
        stored[()] = (None, dict(table.singleton))
    return stored


def read_ids(table: Table) -> dict[Key, int]:
    """The id behind every key."""
    return {row[:-1]: row[-1] for row in _rows(table).values_list(*table.key, "id")}


def _rows(table: Table) -> "QuerySet[Model]":
    return table.model._default_manager.filter(**table.only).order_by()  # noqa: SLF001
