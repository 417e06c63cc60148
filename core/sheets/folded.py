"""A sheet with several rows per object, which together are the list of its parts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.sheets.cells import escaped
from core.sheets.columns import Column
from core.sheets.parsing import Parsed
from core.sheets.plans import Plan
from core.sheets.sheet import Key, ModelSheet, Row


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
                    parsed.fault(
                        at, name, _("“%(column)s” differs from row %(row)s, which is about the same thing.") % texts
                    )
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
                parsed.fault(
                    at, "", _("This row is new and needs the column “%(column)s”.") % {"column": column.title()}
                )

    def existing(self, parsed: Parsed) -> dict[Key, Row]:
        """The objects, with their parts if the file has parts."""
        own = Parsed(
            {n: v for n, v in parsed.values.items() if n != "parts"}, parsed.numbers, parsed.headers, ids=parsed.ids
        )
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
        objects = list(self.read_objects(self.export_objects(queryset), own))
        parts: dict[int, list[tuple[str, int | str]]] = {}
        for id_, code, units in self.children([row[0] for row in objects]):
            parts.setdefault(id_, []).append((code, units))
        for id_, *values in objects:
            cells: dict[str, str | int | float] = {
                column.name: column.write(value) for column, value in zip(own, values, strict=True)
            }
            for code, amount in parts.get(id_, [("", "")]):
                cells[self.part], cells[self.amount] = escaped(code), amount
                yield [cells[column.name] for column in self.columns]

    def export_objects(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Which objects of a list are exported."""
        return queryset


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts(Column):
    def write(self, value: Any) -> str | int | float:
        return ", ".join(f"{code} × {amount}" for code, amount in sorted(value.items()))
