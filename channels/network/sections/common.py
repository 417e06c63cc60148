"""What the sections share: flat rows, and records back as sorted rows."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from channels.network.collect import Collector
from channels.network.tables import Key, Records, Table, Values
from channels.network.values import Row, plain


def same_names(*names: str) -> dict[str, str]:
    """Values whose name in the document is the field's name in the database."""
    return {name: name for name in names}


def named_values(table: Table, row: Any) -> Values:
    """The row's values for the table; a name left out is the code."""
    values = {name: getattr(row, name) for name in table.values}
    if "name" in values and values["name"] is None:
        values["name"] = row.code
    return values


def collect_coded(table: Table) -> Callable[[Iterable[Row], Collector], None]:
    """A `collect` for a section of rows that a code names and that have nothing beneath."""

    def collect(rows: Iterable[Any], collector: Collector) -> None:
        for at, row in enumerate(rows):
            collector.add(table.name, (row.code,), named_values(table, row), f"{table.name}[{at}]")

    return collect


def write_coded(table: Table) -> Callable[[Mapping[str, Records]], list[Values]]:
    """The `write_down` of the same."""

    def write_down(records: Mapping[str, Records]) -> list[Values]:
        return [{"code": key[0], **plain_values(values)} for key, values in in_order(records[table.name])]

    return write_down


def plain_values(values: Values) -> Values:
    """Values as JSON holds them."""
    return {name: plain(value) for name, value in values.items()}


def in_order(records: Records) -> list[tuple[Any, Values]]:
    """Records by key; a part that isn't set comes first."""
    return sorted(records.items(), key=lambda item: tuple(part or "" for part in item[0]))


def by_parent(records: Records, size: int = 1) -> dict[Key, list[tuple[Any, Values]]]:
    """Records in order by the first `size` parts of their key."""
    found: dict[Key, list[tuple[Any, Values]]] = {}
    for key, values in in_order(records):
        found.setdefault(key[:size], []).append((key, values))
    return found
