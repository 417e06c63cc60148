"""Workbooks hold every row, however many there are."""

import io

import pytest
from python_calamine import CalamineWorkbook
from xlsxwriter.worksheet import Worksheet

from core.sheets.workbooks import MOST_LINES, to_xlsx


def pages(data: bytes) -> list[list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


@pytest.mark.parametrize(("rows", "sizes"), [(0, [1]), (1, [2]), (3, [4]), (4, [4, 2]), (6, [4, 4]), (7, [4, 4, 2])])
def test_what_does_not_fit_goes_on_on_the_next_sheet(rows, sizes):
    found = pages(to_xlsx([["Code"], *([f"S{at}"] for at in range(rows))], most=4))
    assert [len(page) for page in found] == sizes
    assert all(page[0] == ["Code"] for page in found)
    assert [line[0] for page in found for line in page[1:]] == [f"S{at}" for at in range(rows)]


def test_a_sheet_takes_as_many_lines_as_excel_shows():
    assert Worksheet().xls_rowmax == MOST_LINES
