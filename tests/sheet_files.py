"""Files for import tests, made in memory."""

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from django.db import transaction
from python_calamine import CalamineWorkbook

from core.sheets.registry import find_sheet


def xlsx(*rows: Sequence[Any], sheets: int = 1) -> io.BytesIO:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        for _ in range(sheets):
            page = book.add_worksheet()
            for number, row in enumerate(rows):
                for at, cell in enumerate(row):
                    if isinstance(cell, str):
                        page.write_string(number, at, cell)
                    elif cell is not None:
                        page.write(number, at, cell)
    buffer.seek(0)
    return buffer


def csv_file(*lines: str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO("\r\n".join([*lines, ""]).encode(encoding))


def plan(sheet: str, file: io.BytesIO, user: Any = None):
    with transaction.atomic():
        return find_sheet(sheet).plan(file, user)


def load(sheet: str, file: io.BytesIO, user: Any = None, actor: str = "mia"):
    """Plan a file and write it; fails on faults."""
    with transaction.atomic():
        found = find_sheet(sheet).plan(file, user)
        assert found.faults == []
        find_sheet(sheet).write(found, actor=actor)
    return found


def faults(sheet: str, file: io.BytesIO, user: Any = None) -> list[tuple[int, str, str]]:
    """(row, column, sentence) of every fault."""
    return [(fault.row, fault.column, fault.message) for fault in plan(sheet, file, user).faults]


def read_xlsx(data: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
