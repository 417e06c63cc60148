"""Writes the difference between the document's records and the database's, a few statements per table."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Manager, Model

from channels.network.collect import Collector
from channels.network.tables import Absent, Change, Key, Records, Ref, Stored, Table, Values, read_table

BATCH = 5000


class Writer:
    """Writes tables one after another, each after those it refers to, and knows the ids so far."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self._ids: dict[str, dict[Key, int]] = {}

    def write(self, table: Table) -> list[Change]:
        """Make the table say what the document says; the changes made."""
        wanted = self.collector.records[table.name]
        if not wanted and table.name not in self.collector.named:
            return []
        stored = read_table(table)
        self._ids[table.name] = {key: row for key, (row, _values) in stored.items() if row is not None}
        added = {key: values for key, values in wanted.items() if key not in stored}
        changed = {key: values for key, values in wanted.items() if key in stored and stored[key][1] != values}
        changes = self._drop(table, stored)
        changes += [Change(table.name, key, stored[key][1], values) for key, values in changed.items()]
        changes += [Change(table.name, key, None, values) for key, values in added.items()]
        self._update(table, changed, changes)
        self._add(table, added)
        return changes

    def ids(self, table: str) -> dict[Key, int]:
        """The ids by key, with the rows added so far."""
        if table not in self._ids:
            self._ids[table] = self.collector.stored_ids(table)
        return self._ids[table]

    def _drop(self, table: Table, stored: Stored) -> list[Change]:
        """Remove or retire the rows that the document doesn't name although it names what they belong to."""
        if table.absent is Absent.KEEP or table.name not in self.collector.named:
            return []
        wanted = self.collector.records[table.name]
        gone = {
            key: row
            for key, row in stored.items()
            if key not in wanted and self._is_named(table, key, row[1]) and _counts(table, row[1])
        }
        rows = _objects(table).filter(id__in=[row for row, _values in gone.values()])
        if gone and table.absent is Absent.REMOVE:
            rows.delete()
        elif gone:
            rows.update(active=False)
        return [Change(table.name, key, values, None) for key, (_row, values) in gone.items()]

    def _is_named(self, table: Table, key: Key, values: Values) -> bool:
        if table.parent is None:
            return True
        parent, of = table.parent
        return of(key, values) in self.collector.records[parent]

    def _update(self, table: Table, rows: Records, changes: Iterable[Change]) -> None:
        if not rows:
            return
        names = {name for change in changes if change.action == "change" for name in change.fields}
        if table.unique in names:
            # Two rows may swap their values; a unique index looks at every single row on the way.
            swapped = [self.ids(table.name)[key] for key in rows]
            _objects(table).filter(id__in=swapped).update(**{table.unique: None})
        _objects(table).bulk_create(
            [self._build(table, key, values) for key, values in rows.items()],
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=sorted(_columns(table, names)),
        )

    def _add(self, table: Table, rows: Records) -> None:
        for wave in self._waves(table, rows):
            made = _objects(table).bulk_create([self._build(table, key, rows[key]) for key in wave], batch_size=BATCH)
            self.ids(table.name).update({key: row.pk for key, row in zip(wave, made, strict=True)})

    def _waves(self, table: Table, rows: Records) -> Iterable[Sequence[Key]]:
        """The keys of the rows, parents before their children in a table that refers to itself."""
        own = next((ref for ref in table.refs if ref.table == table.name), None)
        if own is None:
            yield list(rows)
            return
        depths: dict[Key, int] = {}
        for key in rows:
            depths[key] = _depth(key, rows, own)
        for depth in sorted(set(depths.values())):
            yield [key for key, at in depths.items() if at == depth]

    def _build(self, table: Table, key: Key, values: Values) -> Model:
        row: dict[str, Any] = {path: values[name] for name, path in table.values.items() if "__" not in path}
        row |= {path: part for path, part in zip(table.key, key, strict=True) if "__" not in path}
        for ref in table.refs:
            target = ref.find(key, values)
            row[ref.column] = None if target is None else self.ids(ref.table)[target]
        if key in self.ids(table.name):
            row["id"] = self.ids(table.name)[key]
        return table.model(**row | {name: derive(values) for name, derive in table.derived.items()})


def _objects(table: Table) -> "Manager[Model]":
    return table.model._default_manager  # noqa: SLF001 — the documented way to the manager of any model


def _counts(table: Table, values: Values) -> bool:
    """Whether the absence of a row is news: one that is inactive already has been retired."""
    return table.absent is Absent.REMOVE or bool(values["active"])


def _depth(key: Key, rows: Records, ref: Ref) -> int:
    """How many of the new rows stand above this one; there are no circles any more."""
    parent = ref.find(key, rows[key])
    return 0 if parent is None or parent not in rows else 1 + _depth(parent, rows, ref)


def _columns(table: Table, names: Iterable[str]) -> set[str]:
    columns = {ref.name: ref.column for ref in table.refs if ref.name}
    changed = {columns.get(name, name) for name in names}
    return changed | (table.derived.keys() - {"id"})
