"""A sheet: its columns, and how a file in its shape is checked, planned and written."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from core.sheets.cells import Cell
from core.sheets.columns import Code, Column
from core.sheets.files import read_table
from core.sheets.parsing import Parsed, parse_table
from core.sheets.plans import SHOWN, Change, Fingerprint, Plan

Row = dict[str, Any]
Key = tuple[Any, ...]
Save = Callable[..., object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What all sheets have. `permission` is what importing takes, as `app.codename`.

    `plan` and `write` are called one after the other in one transaction.
    """

    name: str
    title: Any
    help: Any = ""
    permission: str
    model: type[Model]
    columns: Sequence[Column]
    key: Sequence[str]
    row_limit: int = 100_000
    exports: bool = True
    imports: bool = True

    optional_key: Sequence[str] = ()

    def needed(self) -> Sequence[str]:
        """Columns no file may lack."""
        return [name for name in self.key if name not in self.optional_key]

    def plan(self, file: IO[bytes], user: Any) -> Plan:
        """Read and check a file and compare it with what is there; changes nothing."""
        return self.plan_parsed(parse_table(read_table(file, self.row_limit), self.columns, self.needed(), user), user)

    def plan_parsed(self, parsed: Parsed, user: Any) -> Plan:
        """As `plan`, from parsed values."""
        raise NotImplementedError

    def write(self, plan: Plan, *, actor: str) -> None:
        """Carry out a plan without faults."""
        raise NotImplementedError

    def export_rows(self, queryset: QuerySet[Any]) -> Iterator[list[str | int | float]]:
        """The cells of each object of a list, column by column, such that importing them changes nothing."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSheet(Sheet):
    """A sheet whose rows are the objects of a model, known by their key columns.

    `save(rows, actor=)` is the verb: dictionaries of field values, all with the same fields, with an
    `id` where the object exists. A column the file lacks is left alone; an empty cell is the
    column's `blank`.
    """

    save: Save
    checks: Sequence[Callable[[Parsed], None]] = field(default_factory=tuple)

    def plan_parsed(self, parsed: Parsed, user: Any) -> Plan:
        """Compare the rows of the file with the objects of their keys."""
        for name in self.optional_key:
            parsed.values.setdefault(name, [None] * len(parsed.numbers))
            parsed.ids.setdefault(name, {})
        for check in self.checks:
            check(parsed)
        self.check_duplicates(parsed)
        return self.compare(parsed, self.existing(parsed))

    def check_duplicates(self, parsed: Parsed) -> None:
        """A fault for every row whose key stands further up already."""
        seen: dict[Key, int] = {}
        for at, key in enumerate(self.keys(parsed)):
            first = seen.setdefault(key, at)
            if first != at:
                rows = {"key": self.show_key(key), "first": parsed.numbers[first]}
                parsed.fault(at, self.key[-1], _("%(key)s stands in row %(first)s already.") % rows)

    def keys(self, parsed: Parsed) -> Iterator[Key]:
        """The key of each row."""
        return zip(*(parsed.values[name] for name in self.key), strict=True)

    def show_key(self, key: Key) -> str:
        """A key as text."""
        return " / ".join(str(part) for part in key if part is not None)

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    def given(self, parsed: Parsed) -> list[Column]:
        """The columns the file has."""
        return [column for column in self.columns if column.name in parsed.values]

    def existing(self, parsed: Parsed) -> dict[Key, Row]:
        """The objects the file's keys name, by key: `id` and the value of every given column."""
        columns = self.given(parsed)
        queryset = self.model._default_manager.order_by()  # noqa: SLF001 — public for all but its name
        for name in self.key:
            codes = set(parsed.values[name])
            if None not in codes:
                queryset = queryset.filter(**{f"{self.column(name).source}__in": list(codes)})
        names = ("id", *(column.name for column in columns))
        objects = (dict(zip(names, row, strict=True)) for row in self.read_objects(queryset, columns))
        return {tuple(row[name] for name in self.key): row for row in objects}

    def read_objects(self, queryset: QuerySet[Any], columns: Sequence[Column]) -> Iterable[tuple[Any, ...]]:
        """The id and the columns' values of each object."""
        return queryset.values_list("pk", *(column.source for column in columns)).iterator(5000)

    def compare(self, parsed: Parsed, existing: Mapping[Key, Row]) -> Plan:
        """The plan: every row that is new or differs."""
        columns = self.given(parsed)
        plan = Plan(rows=len(parsed.numbers), writes=[])
        print_ = Fingerprint()
        for at, key in enumerate(self.keys(parsed)):
            after, before = parsed.row(at), existing.get(key)
            if before is None:
                plan.new += 1
                self.check_new(parsed, at)
            elif all(before[column.name] == after[column.name] for column in columns):
                plan.unchanged += 1
                continue
            else:
                plan.changed += 1
            print_.add(before, after)
            plan.writes.append((before and before["id"], after))
            if len(plan.changes) < SHOWN:
                plan.changes.append(self.change(parsed.numbers[at], key, columns, before, after))
        plan.faults = sorted(parsed.faults, key=lambda fault: fault.row)
        plan.token = print_.token()
        plan.writes = (
            [self.written(columns, parsed, id_, after) for id_, after in plan.writes] if not plan.faults else []
        )
        return plan

    def check_new(self, parsed: Parsed, at: int) -> None:
        """A fault for every required column that a file with a new row lacks."""
        for column in self.columns:
            if column.required and column.name not in parsed.values:
                texts = {"column": column.title()}
                parsed.fault(at, "", _("This row is new and needs the column “%(column)s”.") % texts)

    def change(self, number: int, key: Key, columns: Iterable[Column], before: Row | None, after: Row) -> Change:
        """One row of the preview, with the columns that differ."""
        cells = [
            (
                column.title(),
                "" if before is None else str(column.write(before[column.name])),
                str(column.write(after[column.name])),
            )
            for column in columns
            if column.name not in self.key and (before is None or before[column.name] != after[column.name])
        ]
        return Change(number, self.show_key(key), before is None, cells)

    def written(self, columns: Iterable[Column], parsed: Parsed, id_: int | None, after: Row) -> Row:
        """A row as the verb takes it: codes are ids."""
        row: Row = {} if id_ is None else {"id": id_}
        for column in columns:
            value = after[column.name]
            is_code = isinstance(column, Code) and value is not None
            row[column.target] = parsed.ids[column.name][value] if is_code else value
        return row

    def write(self, plan: Plan, *, actor: str) -> None:
        """Hand the rows to the verb."""
        if plan.writes:
            self.save(plan.writes, actor=actor)

    def export_rows(self, queryset: QuerySet[Any]) -> Iterator[list[str | int | float]]:
        """One row per object."""
        for _id, *values in self.read_objects(queryset, self.columns):
            yield [column.write(value) for column, value in zip(self.columns, values, strict=True)]


def code_lookup(model: type[Model]) -> Callable[[set[str], Any], dict[str, int]]:
    """A `Code` column's lookup: the ids of a model's objects by their `code`."""

    def lookup(codes: set[str], user: Any) -> dict[str, int]:
        manager = model._default_manager  # noqa: SLF001 — public for all but its name
        return dict(manager.filter(code__in=codes).values_list("code", "pk"))

    return lookup


def export_cells(sheet: Sheet, queryset: QuerySet[Any]) -> Iterator[Sequence[Cell]]:
    """The whole export of a list: the header, then the rows."""
    yield [column.title() for column in sheet.columns]
    yield from sheet.export_rows(queryset)
