"""A sheet: its columns, and how a file in its shape is checked, planned and written."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from core.sheets.columns import Cell, Code, Column, escaped
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

    def needed(self) -> Sequence[str]:
        """Columns no file may lack."""
        return self.key

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
        names = [column.name for column in self.given(parsed)]
        queryset = self.model._default_manager.all()
        for name in self.key:
            queryset = self.narrow(queryset, name, parsed)
        rows = queryset.order_by().values_list("pk", *(self.column(name).source for name in names))
        objects = (dict(zip(("id", *names), row, strict=True)) for row in rows)
        return {tuple(row[name] for name in self.key): row for row in objects}

    def narrow(self, queryset: QuerySet[Any], name: str, parsed: Parsed) -> QuerySet[Any]:
        """Only objects whose key column has a value of the file."""
        column = self.column(name)
        if isinstance(column, Code):
            return queryset.filter(**{f"{column.target}__in": list(parsed.ids[name].values())})
        return queryset.filter(**{f"{column.source}__in": list(set(parsed.values[name]))})

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
        plan.writes = [self.written(columns, parsed, id_, after) for id_, after in plan.writes] if not plan.faults else []
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
            (column.title(), "" if before is None else str(column.write(before[column.name])), str(column.write(after[column.name])))
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
        for values in queryset.values_list(*(column.source for column in self.columns)).iterator(2000):
            yield [column.write(value) for column, value in zip(self.columns, values, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldedSheet(ModelSheet):
    """A sheet with several rows per object: together they are the whole list of its parts.

    `part` is a code column and `amount` its whole number; the verb gets `parts`, a dictionary from
    id to amount, unless the file lacks the part column. The other columns belong to the object and
    must be the same in all its rows. `children(objects' ids)` gives (id, part's code, amount).
    """

    part: str
    amount: str
    children: Callable[[Sequence[int]], Iterable[tuple[int, str, int]]]

    def plan_parsed(self, parsed: Parsed, user: Any) -> Plan:
        """Fold the rows, then compare."""
        for check in self.checks:
            check(parsed)
        rows, folded = len(parsed.numbers), self.fold(parsed)
        plan = self.compare(folded, self.existing(folded))
        plan.rows = rows
        return plan

    def given(self, parsed: Parsed) -> list[Column]:
        """The object's own columns, and its parts as one."""
        own = [c for c in self.columns if c.name in parsed.values and c.name not in (self.part, self.amount)]
        return [*own, self.parts_column()] if "parts" in parsed.values else own

    def parts_column(self) -> Column:
        """The parts as one column of the preview."""
        column = self.column(self.part)
        return _Parts(name="parts", header=column.header, chinese=column.chinese)

    def fold(self, parsed: Parsed) -> Parsed:
        """One row per key; faults where rows of a key disagree or name a part twice."""
        groups: dict[Key, list[int]] = {}
        for at, key in enumerate(self.keys(parsed)):
            groups.setdefault(key, []).append(at)
        own = [name for name in parsed.values if name not in (self.part, self.amount)]
        for group in groups.values():
            self._check_group(parsed, group, own)
        firsts = [group[0] for group in groups.values()]
        values = {name: [parsed.values[name][at] for at in firsts] for name in own}
        if self.part in parsed.values:
            values["parts"] = [self._parts(parsed, group) for group in groups.values()]
        numbers = [parsed.numbers[at] for at in firsts]
        return Parsed(values, numbers, parsed.headers, parsed.faults, parsed.ids)

    def _parts(self, parsed: Parsed, group: Sequence[int]) -> dict[str, int]:
        parts = parsed.values[self.part]
        amounts = parsed.values.get(self.amount)
        return {parts[at]: 1 if amounts is None else amounts[at] for at in group if parts[at] is not None}

    def _check_group(self, parsed: Parsed, group: Sequence[int], own: Sequence[str]) -> None:
        first = group[0]
        seen: dict[Any, int] = {}
        for at in group:
            for name in own:
                if parsed.values[name][at] != parsed.values[name][first]:
                    texts = {"column": parsed.headers[name], "row": parsed.numbers[first]}
                    parsed.fault(at, name, _("“%(column)s” differs from row %(row)s, which is about the same thing.") % texts)
            part = parsed.values[self.part][at] if self.part in parsed.values else at
            if seen.setdefault(part, at) != at:
                texts = {"key": part, "first": parsed.numbers[seen[part]]}
                parsed.fault(at, self.part, _("%(key)s stands in row %(first)s already.") % texts)

    def check_new(self, parsed: Parsed, at: int) -> None:
        """A new object needs its parts, too."""
        if "parts" not in parsed.values:
            texts = {"column": self.column(self.part).title()}
            parsed.fault(at, "", _("This row is new and needs the column “%(column)s”.") % texts)
        own = [column for column in self.columns if column.name not in (self.part, self.amount)]
        for column in own:
            if column.required and column.name not in parsed.values:
                parsed.fault(at, "", _("This row is new and needs the column “%(column)s”.") % {"column": column.title()})

    def existing(self, parsed: Parsed) -> dict[Key, Row]:
        """The objects, with their parts if the file has parts."""
        own = Parsed({n: v for n, v in parsed.values.items() if n != "parts"}, parsed.numbers, parsed.headers, ids=parsed.ids)
        found = super(FoldedSheet, self).existing(own)
        if "parts" in parsed.values:
            parts: dict[int, dict[str, int]] = {}
            for id_, code, amount in self.children([row["id"] for row in found.values()]):
                parts.setdefault(id_, {})[code] = amount
            for row in found.values():
                row["parts"] = parts.get(row["id"], {})
        return found

    def written(self, columns: Iterable[Column], parsed: Parsed, id_: int | None, after: Row) -> Row:
        """As for any model, with the parts by id."""
        row = super(FoldedSheet, self).written([c for c in columns if c.name != "parts"], parsed, id_, after)
        if "parts" in after:
            ids = parsed.ids[self.part]
            row["parts"] = {ids[code]: amount for code, amount in after["parts"].items()}
        return row

    def export_rows(self, queryset: QuerySet[Any]) -> Iterator[list[str | int | float]]:
        """One row per part; an object without parts has one row with the part left empty."""
        own = [column for column in self.columns if column.name not in (self.part, self.amount)]
        objects = list(queryset.values_list("pk", *(column.source for column in own)))
        parts: dict[int, list[tuple[str, int]]] = {}
        for id_, code, amount in self.children([row[0] for row in objects]):
            parts.setdefault(id_, []).append((code, amount))
        for id_, *values in objects:
            cells = {column.name: column.write(value) for column, value in zip(own, values, strict=True)}
            for code, amount in parts.get(id_, [("", "")]):
                cells[self.part], cells[self.amount] = escaped(code), amount
                yield [cells[column.name] for column in self.columns]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts(Column):
    def write(self, value: Any) -> str | int | float:
        return ", ".join(f"{code} × {amount}" for code, amount in sorted(value.items()))


def code_lookup(model: type[Model], **only: Any) -> Callable[[set[str], Any], dict[str, int]]:
    """A `Code` column's lookup: the ids of a model's objects by their `code`."""

    def lookup(codes: set[str], user: Any) -> dict[str, int]:
        return dict(model._default_manager.filter(code__in=codes, **only).values_list("code", "pk"))

    return lookup


def cells_of(sheet: Sheet, queryset: QuerySet[Any]) -> list[list[Cell]]:
    """The whole export of a list: the header and the rows."""
    return [[column.title() for column in sheet.columns], *sheet.export_rows(queryset)]
