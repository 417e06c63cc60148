"""From the rows of a file to values by column, with a sentence for every cell that doesn't fit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from core.errors import FieldError
from core.sheets.cells import Cell, as_text, is_blank
from core.sheets.columns import Code, Column
from core.sheets.faults import Fault, SheetRefused
from core.sheets.files import Table

# The column that an error workbook adds, so that a corrected one can be imported as it is.
NOTE_HEADERS = ("What is wrong", "错误说明")


@dataclass(slots=True)
class Parsed:
    """Values by column name, one per row; a faulty cell has an arbitrary value and a fault."""

    values: dict[str, list[Any]]
    numbers: Sequence[int]
    headers: dict[str, str]
    faults: list[Fault] = field(default_factory=list)
    ids: dict[str, dict[str, int]] = field(default_factory=dict)

    def row(self, index: int) -> dict[str, Any]:
        """The values of one row by column name."""
        return {name: column[index] for name, column in self.values.items()}

    def fault(self, index: int, name: str, message: str) -> None:
        """Note what is wrong with a cell; an empty name means the whole row."""
        value = as_text(self.values[name][index]) if name in self.values else ""
        self.faults.append(Fault(self.numbers[index], self.headers.get(name, ""), value, message))


def match_headers(header: Sequence[Cell], columns: Sequence[Column], needed: Sequence[str]) -> dict[str, int]:
    """The position of each column that the file has, in any order; SheetRefused naming every header that is wrong."""
    known = {title.casefold(): column for column in columns for title in (column.header, column.chinese)}
    found: dict[str, int] = {}
    errors: list[str] = []
    for position, cell in enumerate(header):
        text = as_text(cell).strip().rstrip("*").strip()
        column = known.get(text.casefold())
        if not text or text in NOTE_HEADERS:
            continue
        if column is None:
            errors.append(_("“%(header)s” is not a column of this sheet.") % {"header": text})
        elif column.name in found:
            at = {"header": text, "first": found[column.name] + 1, "second": position + 1}
            errors.append(_("“%(header)s” stands twice, in columns %(first)s and %(second)s.") % at)
        else:
            found[column.name] = position
    missing = [column.title() for column in columns if column.name in needed and column.name not in found]
    errors += [_("The column “%(header)s” is missing.") % {"header": title} for title in missing]
    if errors:
        expected = _("Expected columns: %(columns)s.") % {"columns": ", ".join(column.title() for column in columns)}
        raise SheetRefused(f"{' '.join(errors)} {expected}", [FieldError("header", message) for message in errors])
    return found


def parse_table(table: Table, columns: Sequence[Column], needed: Sequence[str], user: Any) -> Parsed:
    """Parse every column the file has and look up its codes; a column it lacks is left out of the result."""
    positions = match_headers(table.header, columns, needed)
    cells = list(zip(*table.rows, strict=True))
    parsed = Parsed({}, table.numbers, {name: as_text(table.header[at]).strip() for name, at in positions.items()})
    for column in columns:
        if column.name in positions:
            _parse_column(parsed, column, cells[positions[column.name]], user)
    _check_unnamed(parsed, table, cells, set(positions.values()))
    return parsed


def _parse_column(parsed: Parsed, column: Column, cells: Sequence[Cell], user: Any) -> None:
    values, wrong = column.parse_all(cells)
    parsed.values[column.name] = values
    header = parsed.headers[column.name]
    parsed.faults += [Fault(parsed.numbers[at], header, as_text(cells[at]), text) for at, text in wrong.items()]
    if isinstance(column, Code):
        codes = {value for value in values if value is not None}
        known = parsed.ids[column.name] = column.lookup(codes, user)
        for at, code in enumerate(values):
            if code is not None and code not in known and at not in wrong:
                parsed.fault(at, column.name, unknown_code(column, code))


def unknown_code(column: Code, code: str) -> str:
    """The sentence for a code nobody knows."""
    return _("There is no %(noun)s “%(code)s”.") % {"noun": column.noun, "code": code}


def _check_unnamed(parsed: Parsed, table: Table, cells: list[Any], named: set[int]) -> None:
    for position, column in enumerate(cells):
        header = as_text(table.header[position]).strip() if position < len(table.header) else ""
        if position in named or header:
            continue
        at = next((at for at, cell in enumerate(column) if not is_blank(cell)), None)
        if at is not None:
            places = {"column": position + 1, "row": table.numbers[at]}
            raise SheetRefused(_("Row %(row)s has a value in column %(column)s, which has no header.") % places)
