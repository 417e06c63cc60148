"""Reads an uploaded file, Excel or CSV, into rows; what it is decides its content, never its name."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from core.sheets.cells import Cell
from core.sheets.faults import SheetRefused
from core.sheets.guards import check_upload, check_workbook

DELIMITERS = ",;\t|"
HEADER_WITHIN = 20
MAX_CSV_COLUMNS = 200
MAX_CSV_LINES = 2_000_000
MAX_CSV_CELLS = 20_000_000  # counting the empty ones that make all rows equally long


@dataclass(frozen=True, slots=True)
class Table:
    """The first sheet of a file: its header and its rows that aren't blank, each with its number in the file."""

    header: Sequence[Cell]
    header_number: int
    rows: list[Sequence[Cell]]
    numbers: Sequence[int]


def read_table(file: IO[bytes], row_limit: int) -> Table:
    """Read an .xlsx or CSV file; SheetRefused if it is neither, empty, dangerous or longer than `row_limit` rows."""
    rows = _read_xlsx(file) if is_xlsx(file) else read_csv(decode(file))
    table = _table(rows)
    _check_rows(len(table.rows), row_limit)
    return table


def is_xlsx(file: IO[bytes]) -> bool:
    """Whether the file is a zip archive; SheetRefused for an empty, too large or old Excel file."""
    file.seek(0, io.SEEK_END)
    check_upload(file.tell())
    file.seek(0)
    magic = file.read(8)
    file.seek(0)
    if magic.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetRefused(_("This is an old or protected Excel file. Save it as .xlsx without a password, or as CSV."))
    return magic.startswith(b"PK")


def decode(file: IO[bytes]) -> str:
    """The text of a CSV file in UTF-8, GB18030 (GBK) or UTF-16 with its mark; SheetRefused for anything else."""
    data = file.read()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\0" in data:
        raise SheetRefused(_("This is neither an Excel workbook (.xlsx) nor a CSV file."))
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetRefused(_("The file's characters can't be read. Save it as CSV UTF-8."))


def delimiter_of(text: str) -> str:
    """The sign that divides the columns: the most frequent of the usual ones in the first line with text."""
    first = next((line for line in text[:10_000].splitlines() if line.strip()), "")
    return max(DELIMITERS, key=first.count)


def read_csv(text: str) -> list[Sequence[Cell]]:
    """The rows of a CSV text, all equally long."""
    csv.field_size_limit(1 << 20)
    _check_rows(max(text.count("\n"), text.count("\r")), MAX_CSV_LINES)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=False))
    except csv.Error as error:
        raise SheetRefused(
            _("The CSV file is damaged: a quotation mark isn't closed or a cell is far too long.")
        ) from error
    widths = set(map(len, rows))
    width = max(widths, default=0)
    if width > MAX_CSV_COLUMNS:
        raise SheetRefused(_("The file has more than %(limit)s columns.") % {"limit": MAX_CSV_COLUMNS})
    if len(widths) > 1:
        _check_rows(len(rows), MAX_CSV_CELLS // width)
        rows = [row if len(row) == width else [*row, *[""] * (width - len(row))] for row in rows]
    return rows  # type: ignore[return-value]


def _check_rows(rows: int, limit: int) -> None:
    if rows > limit:
        limits = {"rows": rows, "limit": limit}
        raise SheetRefused(_("The sheet has %(rows)s rows; at most %(limit)s can be imported at once.") % limits)


def _read_xlsx(file: IO[bytes]) -> list[Sequence[Cell]]:
    check_workbook(file)
    try:
        workbook = CalamineWorkbook.from_filelike(file)
        return workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)  # type: ignore[return-value]
    except (CalamineError, IndexError) as error:
        raise SheetRefused(_("The workbook is damaged. Open it in Excel, save it again and retry.")) from error


def _table(rows: list[Sequence[Cell]]) -> Table:
    start = next((at for at, row in enumerate(rows[:HEADER_WITHIN]) if not _blank(row)), None)
    if start is None:
        raise SheetRefused(_("The file is empty."))
    body, first = rows[start + 1 :], start + 2
    filled = [at for at, row in enumerate(body) if not _blank(row)]
    if not filled:
        raise SheetRefused(_("There is a header but not a single row under it."))
    if len(filled) == len(body):
        return Table(rows[start], start + 1, body, range(first, first + len(body)))
    return Table(rows[start], start + 1, [body[at] for at in filled], [first + at for at in filled])


def _blank(row: Sequence[Cell]) -> bool:
    return all(isinstance(cell, str) and not cell.strip() for cell in row)
