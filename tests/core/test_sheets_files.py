"""What a file may be, and what is refused before it is read."""

import io
import struct
import zipfile
from typing import Any

import pytest

from core.sheets import files, guards
from core.sheets.faults import SheetRefused
from core.sheets.files import decode, delimiter_of, read_table
from core.sheets.plain import plain_csv
from tests.sheet_files import csv_file, xlsx


def refusal(file: io.BytesIO, row_limit: int = 100) -> str:
    with pytest.raises(SheetRefused) as refused:
        read_table(file, row_limit)
    return refused.value.detail


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_a_csv_file_is_read_in_every_usual_encoding(encoding):
    table = read_table(csv_file("编码,名称", "A1,羊毛衫", encoding=encoding), 10)
    assert list(table.header) == ["编码", "名称"]
    assert [list(row) for row in table.rows] == [["A1", "羊毛衫"]]
    assert list(table.numbers) == [2]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(sign):
    assert delimiter_of(f"\n\nCode{sign}Name\nA{sign}B,C;D") == sign


def test_rows_keep_the_numbers_of_the_users_file():
    rows = [[], ["Code", "Name"], ["A", "a"], [], ["", " "], ["B", "b"]]
    for file in (xlsx(*rows), csv_file("", "Code,Name", "A,a", "", ", ", "B,b")):
        table = read_table(file, 10)
        assert (table.header_number, list(table.numbers)) == (2, [3, 6])


def test_a_quoted_line_break_is_part_of_its_row():
    table = read_table(csv_file("Code,Name", 'A,"two\nlines"', "B,b"), 10)
    assert list(table.numbers) == [2, 3]
    assert table.rows[0][1] == "two\nlines"


def test_only_the_first_sheet_of_a_workbook_counts():
    assert len(read_table(xlsx(["Code"], ["A"], sheets=2), 10).rows) == 1


def test_an_empty_file_is_refused():
    assert refusal(io.BytesIO()) == "The file is empty."
    assert refusal(csv_file("", " , ")) == "The file is empty."
    assert refusal(xlsx()) == "The file is empty."


def test_a_header_without_rows_is_refused():
    assert refusal(csv_file("Code,Name")) == "There is a header but not a single row under it."


def test_too_many_rows_are_refused():
    assert refusal(csv_file("Code", "A", "B", "C"), row_limit=2) == (
        "The sheet has 3 rows; at most 2 can be imported at once."
    )


def test_rows_of_nothing_are_refused_before_they_fill_the_memory(monkeypatch):
    monkeypatch.setattr(files, "MAX_CSV_LINES", 20)
    for end in ("\n", "\r"):
        assert "has 21 rows" in refusal(io.BytesIO(end.join(["Code", *[""] * 21]).encode()))
    monkeypatch.setattr(files, "MAX_CSV_CELLS", 50)
    assert "at most 10" in refusal(csv_file("Code,a,b,c,d", *["x"] * 10))
    assert len(read_table(csv_file("Code,a,b,c,d", *["x"] * 9), 100).rows) == 9


def test_other_binary_files_are_refused():
    assert "neither an Excel workbook" in refusal(io.BytesIO(b"\x89PNG\r\n\x1a\n\0\0\0"))
    assert "old or protected Excel" in refusal(io.BytesIO(b"\xd0\xcf\x11\xe0" + b"\0" * 500))
    assert "can't be read" in refusal(io.BytesIO(b"Code\n\xff\xff\xff"))


def archive(**members: bytes) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    buffer.seek(0)
    return buffer


def test_a_zip_file_that_is_no_workbook_is_refused():
    assert "not an Excel workbook" in refusal(archive(letter_xml=b"<a/>"))


def test_a_damaged_workbook_is_refused():
    data = xlsx(["Code"], ["A"]).getvalue()
    assert "damaged" in refusal(io.BytesIO(data[: len(data) // 2]))
    assert "damaged" in refusal(archive(xl__workbook_xml=b"<broken"))


def test_a_bomb_is_refused_by_what_its_directory_says():
    bomb = archive(xl__workbook_xml=b"<a/>", xl__worksheets__sheet1_xml=b"0" * 40_000_000)
    assert "unpacks to far more" in refusal(bomb)


def test_a_bomb_that_lies_about_its_size_is_refused(monkeypatch):
    """The directory says 100 bytes; the data unpacks to 40 MB."""
    data = bytearray(archive(xl__workbook_xml=b"<a/>", xl__worksheets__sheet1_xml=b"0" * 40_000_000).getvalue())
    size = struct.pack("<L", 40_000_000)
    assert data.count(size) == 2
    monkeypatch.setattr(guards, "CHUNK", 4096)
    kept = []
    monkeypatch.setattr(guards, "FAR_CELL", type("Spy", (), {"search": lambda _self, piece: kept.append(len(piece))})())
    assert "unpacks to far more" in refusal(io.BytesIO(bytes(data).replace(size, struct.pack("<L", 100))))
    assert max(kept, default=0) <= 4096 + guards.OVERLAP


@pytest.mark.parametrize("cell", ["XFD1", "BA1", "A300000", "a1048576", "A4294967295", "AAAAAA1"])
def test_a_cell_far_out_is_refused(cell):
    """Two cells can make the reader build a grid of billions."""
    sheet = f'<worksheet><sheetData><row r="1"><c r="A1"/><c r = "{cell}"/></row></sheetData></worksheet>'
    file = archive(xl__workbook_xml=b"<a/>", xl__worksheets__sheet1_xml=sheet.encode())
    assert "cells beyond row 299999 or column 52" in refusal(file)


def test_a_far_cell_is_seen_across_the_border_of_two_pieces(monkeypatch):
    monkeypatch.setattr(guards, "CHUNK", 7)
    sheet = b'<worksheet><sheetData><row r="1"><c r="A1"/><c r="XFD1"/></row></sheetData></worksheet>'
    assert "cells beyond" in refusal(archive(xl__workbook_xml=b"<a/>", xl__worksheets__sheet1_xml=sheet))


def test_a_far_cell_is_seen_however_wide_its_gaps_are(monkeypatch):
    monkeypatch.setattr(guards, "CHUNK", 64)
    gap = " \n\t" * 100
    sheet = f'<worksheet><sheetData><row r="1"><c s="1"r{gap}={gap}"XFD1"/></row></sheetData></worksheet>'
    assert "cells beyond" in refusal(archive(xl__workbook_xml=b"<a/>", xl__worksheets__sheet1_xml=sheet.encode()))


def test_a_far_cell_is_seen_wherever_the_sheet_lies():
    """The workbook may name any member as its sheet, and the reader follows."""
    sheet = b'<worksheet><sheetData><row r="1"><c r="A1"/><c r="XFD1"/></row></sheetData></worksheet>'
    assert "cells beyond" in refusal(archive(xl__workbook_xml=b"<a/>", xl__other__page_xml=sheet))


@pytest.mark.parametrize("name", ["content.xml", "mimetype", "xl/workbook.bin"])
def test_a_workbook_of_another_kind_in_disguise_is_refused(name):
    """The reader would take it for what it is, and repeat a cell as often as it says."""
    file = archive(xl__workbook_xml=b"<a/>")
    with zipfile.ZipFile(file, "a") as disguised:
        disguised.writestr(name, "<a/>")
    assert "not an Excel workbook" in refusal(file)


def test_an_ordinary_workbook_passes_the_guards():
    rows: list[list[Any]] = [[f"C{at}" for at in range(52)], *([at] * 52 for at in range(500))]
    guards.check_workbook(xlsx(*rows))


def test_plain_csv_is_told_from_what_needs_a_real_reader():
    plain = plain_csv("a,b\r\n1,2\r\n")
    assert plain is not None
    assert plain.header == ["a", "b"]
    for odd in ('a,b\n"1",2\n', "a\n\\.\n2\n", "a\n\n1\n", "a\r\n\r\n1", "a\r1\r", "\na\n1\n", "a,b"):
        assert plain_csv(odd) is None, odd


def test_decoding_never_guesses_silently_wrong_for_utf8():
    assert decode(io.BytesIO("名称".encode())) == "名称"
