"""The sections of the network document. A later app registers its own from its AppConfig.ready()."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from graphlib import TopologicalSorter
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, create_model

from channels.network.collect import Collector
from channels.network.tables import Change, Records, Table
from channels.network.touched import Touched


def _nothing(_collector: Collector) -> None:
    """A section without rules of its own: shapes and references are checked for all alike."""


def _untouched(_changes: Sequence[Change], _touched: Touched) -> None:
    """A section that no number depends on."""


@dataclass(frozen=True, slots=True)
class Section:
    """A top-level key: what may stand there, the tables behind it, and the way there and back.

    `collect` puts the value's records into the collector; `write_down` makes the value from the
    records of the section's tables; `check` faults what shape and references don't say; `touch`
    notes what must be recomputed. `write` replaces the general comparison for rows that only verbs may
    write. `on_request` keeps the section out of a dump unless it is asked for.
    """

    key: str
    schema: Any
    tables: tuple[Table, ...]
    collect: Callable[[Any, Collector], None]
    write_down: Callable[[Mapping[str, Records]], Any]
    check: Callable[[Collector], None] = _nothing
    touch: Callable[[Sequence[Change], Touched], None] = _untouched
    write: Callable[[Collector, str], list[Change]] | None = None
    on_request: bool = False


@dataclass(slots=True)
class _Registry:
    sections: dict[str, Section] = field(default_factory=dict)


_registry = _Registry()


def register(*sections: Section) -> None:
    """Add top-level keys, in the order in which a dump writes them; ValueError for a key that is taken."""
    for section in sections:
        if section.key in _registry.sections or section.key == "version":
            raise ValueError(f"the network document has a section {section.key} already")
        _registry.sections[section.key] = section
    document_model.cache_clear()


def all_sections() -> list[Section]:
    """Every section, in the order of a dump."""
    return list(_registry.sections.values())


def all_tables() -> dict[str, Table]:
    """Every table by name, those that others refer to first."""
    tables = {table.name: table for section in all_sections() for table in section.tables}
    needs = {
        name: [*table.after, *(ref.table for ref in table.refs if ref.table != name)] for name, table in tables.items()
    }
    return {name: tables[name] for name in TopologicalSorter(needs).static_order()}


@cache
def document_model() -> type[BaseModel]:
    """The schema of the whole document."""
    fields: dict[str, Any] = {section.key: (section.schema, None) for section in all_sections()}
    config = ConfigDict(extra="forbid")
    return create_model("Document", __config__=config, version=(Literal[1], 1), **fields)
