"""Gathers a document's records and everything that is wrong with them."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from channels.network.tables import Key, Records, Ref, Stored, Table, Values, read_ids, read_table
from core.errors import FieldError


class Collector:
    """The records of the document by table, where each stands, and the faults found so far."""

    def __init__(self, tables: Mapping[str, Table], named: Iterable[str]) -> None:
        self.tables = tables
        self.named = frozenset(named)  # tables whose section stands in the document
        self.records: dict[str, Records] = {name: {} for name in tables}
        self.faults: list[FieldError] = []
        self._paths: dict[str, dict[Key, str]] = {name: {} for name in tables}
        self._known: dict[str, dict[Key, int]] = {}

    def add(self, table: str, key: Key, values: Values, path: str, *, place: str = "code") -> None:
        """Take a record; a second one of the same key is a fault at its `place`."""
        first = self._paths[table].setdefault(key, path)
        if first is not path:
            text = _("%(code)s stands here and at %(path)s") % {"code": key[-1] or key[-2], "path": first}
            self.fault(f"{path}.{place}" if place else path, text)
            return
        self.records[table][key] = values

    def fault(self, path: str, message: str) -> None:
        """Note what is wrong and where."""
        self.faults.append(FieldError(path, message))

    def path(self, table: str, key: Key) -> str:
        """Where a record stands in the document."""
        return self._paths[table][key]

    def stored_ids(self, table: str) -> dict[Key, int]:
        """The ids in the database by key, as they were before the document."""
        if table not in self._known:
            self._known[table] = read_ids(self.tables[table])
        return self._known[table]

    def current(self, table: str) -> Records:
        """The records of the document, or those of the database for a section left out."""
        if table in self.named:
            return self.records[table]
        return {key: values for key, (_id, values) in self._stored(table).items()}

    def merged(self, table: str) -> Records:
        """The records of the database with the document's over them."""
        return {key: values for key, (_id, values) in self._stored(table).items()} | self.records[table]

    def _stored(self, table: str) -> Stored:
        return read_table(self.tables[table])

    def check_references(self) -> None:
        """Fault every reference to something that neither the document nor a section left out knows."""
        for table in self.tables.values():
            for ref in table.refs:
                self._check_reference(table, ref)

    def _check_reference(self, table: Table, ref: Ref) -> None:
        target = self.tables[ref.table]
        here = self.records[ref.table]
        for key, values in list(self.records[table.name].items()):
            wanted = ref.find(key, values)
            if wanted is None or wanted in here or (self._elsewhere(ref) and wanted in self.stored_ids(ref.table)):
                continue
            code = wanted[-1] or ""
            implied = ref.implied(code) if ref.implied else None
            if implied is not None:
                here[wanted] = implied
                continue
            path = self.path(table.name, key)
            text = _("there is no %(what)s %(code)s") % {"what": target.label, "code": code}
            self.fault(f"{path}.{ref.place}" if ref.place else path, text)

    def _elsewhere(self, ref: Ref) -> bool:
        return ref.implied is not None or ref.table not in self.named

    @cached_property
    def bundles(self) -> frozenset[str]:
        """The codes of the SKUs that are bundles once the document is loaded."""
        parts = self.records["skus.components"] if "skus" in self.named else {}
        stored: Iterable[Key] = self.stored_ids("skus.components")
        if "skus" in self.named:
            stored = [key for key in stored if key[:1] not in self.records["skus"]]
        return frozenset(str(key[0]) for key in [*parts, *stored])


def check_tree(collector: Collector, table: str, records: Records) -> None:
    """Fault a parent beneath its own child, once per circle."""
    done: set[Key] = set()
    for start in records:
        trail: list[Key] = []
        key: Key | None = start
        while key is not None and key in records and key not in done:
            if key in trail:
                circle = " > ".join(str(step[0]) for step in [*trail[trail.index(key) :], key])
                if key in collector.records[table]:
                    text = _("%(circle)s is a circle") % {"circle": circle}
                    collector.fault(f"{collector.path(table, key)}.parent", text)
                break
            trail.append(key)
            parent = records[key]["parent"]
            key = None if parent is None else (parent,)
        done.update(trail)


def code_of(value: str) -> Any:
    """A `find` for a reference whose code is the value of that name."""
    return lambda _key, values: None if values[value] is None else (values[value],)


def key_part(*at: int) -> Any:
    """A `find` for a reference whose key is made of these parts of the row's own key."""

    def find(key: Key, _values: Values) -> Key | None:
        parts: Sequence[str | None] = [key[index] for index in at]
        return None if parts[0] is None else tuple(parts)

    return find
