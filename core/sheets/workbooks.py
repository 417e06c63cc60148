"""Workbooks and CSV files for the user: templates, exports, and a faulty file with what is wrong in it."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import IO, Any

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _

from core.sheets.cells import Cell, as_text
from core.sheets.faults import Fault
from core.sheets.files import read_table
from core.sheets.parsing import NOTE_HEADERS
from core.sheets.sheet import Sheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
HEADER = {"bold": True, "bg_color": "#EDE9FE", "border": 1, "border_color": "#C4B5FD"}
FAULTY = {"bg_color": "#FECACA", "font_color": "#7F1D1D"}
NOTE = {"font_color": "#B91C1C", "text_wrap": False}
TEMPLATE_ROWS = 100_000
MOST_LINES = 1_048_576  # of a sheet, by Excel; what is written below is lost without a word
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
# A larger faulty file comes back with its faulty rows alone.
ALL_ROWS_WITHIN = 200_000
UNLOCKED = ["format_columns", "format_rows", "insert_rows", "delete_rows", "sort", "autofilter", "format_cells"]


def template(sheet: Sheet) -> bytes:
    """An empty workbook with the sheet's header, lists of allowed words, and a second sheet that explains it."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, **OPTIONS}) as book:
        page = book.add_worksheet(str(sheet.title)[:31].replace("/", " "))
        header, free = book.add_format({**HEADER, "locked": True}), book.add_format({"locked": False})
        for at, column in enumerate(sheet.columns):
            star = "*" if column.required or column.name in sheet.needed() else ""
            page.set_column(at, at, max(14, len(column.title()) + 4), free)
            page.write_string(0, at, column.title() + star, header)
            page.write_comment(0, at, _explain(sheet, at))
            if choices := column.choices():
                rule = {
                    "validate": "list",
                    "source": choices,
                    "error_title": column.title(),
                    "error_message": _("Choose from the list."),
                }
                page.data_validation(1, at, TEMPLATE_ROWS, at, rule)
        page.freeze_panes(1, 0)
        page.protect("", dict.fromkeys(UNLOCKED, True))
        _write_guide(book, sheet, header)
    return buffer.getvalue()


def _explain(sheet: Sheet, at: int) -> str:
    column = sheet.columns[at]
    lines = [str(column.help) or column.title(), str(column.kind)]
    if example := column.write(column.example):
        lines.append(_("Example: %(example)s") % {"example": example})
    return "\n".join(lines)


def _write_guide(book: Any, sheet: Sheet, header: Any) -> None:
    """The sheet that explains: imports read only the first sheet, so the example here is never imported."""
    page = book.add_worksheet(_("How to fill it in")[:31])
    page.write_row(0, 0, [_("Column"), _("Needed"), _("What it holds"), _("Kind"), _("Example")], header)
    for row, column in enumerate(sheet.columns, start=1):
        needed = column.required or column.name in sheet.needed()
        kind = ", ".join(column.choices()) or str(column.kind)
        cells = [column.title(), _("yes") if needed else "", str(column.help), kind, column.write(column.example)]
        page.write_row(row, 0, cells)
    notes = [
        _("A column you leave out is not changed. An empty cell clears the value or sets the default."),
        _("The columns may stand in any order. Nothing is imported before you have seen what would change."),
        str(sheet.help),
    ]
    for row, note in enumerate(filter(None, notes), start=len(sheet.columns) + 2):
        page.write_string(row, 0, note)
    page.set_column(0, 1, 16)
    page.set_column(2, 2, 60)
    page.set_column(3, 4, 30)


def template_csv(sheet: Sheet) -> bytes:
    """The header alone, as CSV that Excel opens in the right encoding."""
    return to_csv([[column.title() for column in sheet.columns]])


def to_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """CSV in UTF-8 with the mark that Excel needs."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode("utf-8-sig")


def to_xlsx(rows: Iterable[Sequence[Cell]], most: int = MOST_LINES) -> bytes:
    """A workbook; the first row is the header. What doesn't fit on one sheet goes on on the next, under the header."""
    lines = iter(rows)
    header = next(lines)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True, **OPTIONS}) as book:
        style = book.add_format(HEADER)
        page = _start_page(book, header, style)
        for number, row in enumerate(lines):
            line = number % (most - 1)
            if number and not line:
                page = _start_page(book, header, style)
            page.write_row(line + 1, 0, row)
    return buffer.getvalue()


def _start_page(book: Any, header: Sequence[Cell], style: Any) -> Any:
    page = book.add_worksheet()
    page.write_row(0, 0, header, style)
    page.freeze_panes(1, 0)
    return page


def error_workbook(file: IO[bytes], sheet: Sheet, faults: Sequence[Fault]) -> bytes:
    """The user's own rows in their order, faulty cells coloured, with a column in front that says what is wrong.

    A file of more than 200,000 rows comes back with its faulty rows alone.
    """
    table = read_table(file, sheet.row_limit)
    by_row: dict[int, list[Fault]] = {}
    for fault in faults:
        by_row.setdefault(fault.row, []).append(fault)
    keep_all = len(table.rows) <= ALL_ROWS_WITHIN
    header = [as_text(cell).strip() for cell in table.header]
    skip = [at for at, text in enumerate(header) if text in NOTE_HEADERS]
    columns = [at for at in range(len(header)) if at not in skip]
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True, **OPTIONS, "remove_timezone": True}) as book:
        page = book.add_worksheet()
        formats = {"header": book.add_format(HEADER), "faulty": book.add_format(FAULTY), "note": book.add_format(NOTE)}
        page.set_column(0, 0, 60)
        page.write_row(0, 0, [_note_header(), *(header[at] for at in columns)], formats["header"])
        page.freeze_panes(1, 1)
        line = 0
        for cells, number in zip(table.rows, table.numbers, strict=True):
            wrong = by_row.get(number, [])
            if keep_all or wrong:
                line += 1
                page.write_string(line, 0, _note(wrong), formats["note"])
                faulty = {fault.column for fault in wrong}
                styles = [formats["faulty"] if header[at] in faulty else None for at in columns]
                _write_cells(page, line, [cells[at] for at in columns], styles)
    return buffer.getvalue()


def _note_header() -> str:
    return NOTE_HEADERS[1] if (translation.get_language() or "").startswith("zh") else NOTE_HEADERS[0]


def _note(wrong: Sequence[Fault]) -> str:
    return " ".join(f"{fault.column}: {fault.message}" if fault.column else fault.message for fault in wrong)


def _write_cells(page: Any, line: int, cells: Sequence[Cell], styles: Sequence[Any]) -> None:
    for at, (cell, style) in enumerate(zip(cells, styles, strict=True), start=1):
        if isinstance(cell, str):
            # A string cell is never run, so what the user wrote stays as it is.
            page.write_string(line, at, cell, style)
        elif isinstance(cell, datetime | date | time):
            page.write_string(line, at, cell.isoformat(), style)
        elif cell is not None:
            page.write(line, at, cell, style)
