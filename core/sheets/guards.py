"""Refuses what would hurt the server before anything of it is unpacked into memory."""

import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from django.utils.translation import gettext as _

from core.sheets.faults import SheetRefused

MAX_UPLOAD = 64 * 1024 * 1024
MAX_UNPACKED = 400 * 1024 * 1024
MAX_RATIO = 150
MAX_ROWS_XLSX = 300_000
MAX_COLUMNS = 52
CHUNK = 1 << 20
OVERLAP = 32
# What makes the reader take the file for another kind of workbook, whose cells look different.
FOREIGN = {"content.xml", "mimetype", "xl/workbook.bin"}
# The reader builds a dense grid up to the farthest cell, so one cell far out costs gigabytes:
# three letters or two beyond AZ, or a row number of 300,000 and more. Any member may be the sheet: the workbook says
# where it lies.
FAR_CELL = re.compile(
    rb"(?<![\w:.-])r ?= ?[\"'](?:[A-Za-z]{3,7}\d|[A-Za-z]{8}|[B-Zb-z][A-Za-z]\d|[A-Za-z]{0,2}(?:[3-9]\d{5}|\d{7}))"
)
LINE_SIGNS, SPACES = bytes.maketrans(b"\t\r\n", b"   "), re.compile(rb" {2,}")


def check_upload(size: int) -> None:
    """SheetRefused for an empty file and for one too large to accept."""
    if size == 0:
        raise SheetRefused(_("The file is empty."))
    if size > MAX_UPLOAD:
        raise SheetRefused(_("The file is larger than %(limit)s MB.") % {"limit": MAX_UPLOAD // 2**20})


def check_workbook(file: IO[bytes]) -> None:
    """SheetRefused unless the file is a workbook that unpacks to a sane size and a sane grid.

    The directory of a zip file may lie about sizes, so every member is unpacked piece by piece without keeping it.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if "xl/workbook.xml" not in names or not FOREIGN.isdisjoint(name.lower() for name in names):
                raise SheetRefused(_("This is not an Excel workbook (.xlsx). Save it as .xlsx or as CSV."))
            _check_declared(members)
            for member in members:
                _check_member(file, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise SheetRefused(_("The workbook is damaged. Open it in Excel, save it again and retry.")) from error
    finally:
        file.seek(0)


def _check_declared(members: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > MAX_UNPACKED or unpacked > max(packed, CHUNK // 10) * MAX_RATIO:
        _refuse_bomb()
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        raise NotImplementedError
    if any(member.flag_bits & 0x1 for member in members):
        raise SheetRefused(_("The workbook has a password. Save it without one."))
    if len(members) > 2000:
        _refuse_bomb()


def _check_member(file: IO[bytes], member: zipfile.ZipInfo) -> None:
    total, tail = 0, b""
    for piece in _unpacked(file, member):
        total += len(piece)
        if total > MAX_UNPACKED or total > member.file_size:
            _refuse_bomb()
        text = _single_spaced(tail + piece)
        if FAR_CELL.search(text):
            limits = {"rows": MAX_ROWS_XLSX - 1, "columns": MAX_COLUMNS}
            raise SheetRefused(
                _("The sheet has cells beyond row %(rows)s or column %(columns)s. Delete them, or use CSV.") % limits
            )
        tail = text[-OVERLAP:]


def _single_spaced(text: bytes) -> bytes:
    """Without the long gaps in which a cell's address could straddle two pieces."""
    spaced = text.translate(LINE_SIGNS)
    return SPACES.sub(b" ", spaced) if b"  " in spaced else spaced


def _unpacked(file: IO[bytes], member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member as the bytes themselves unpack, whatever size the directory states; `zipfile` would stop there."""
    file.seek(member.header_offset + 26)
    name_length, extra_length = struct.unpack("<HH", file.read(4))
    file.seek(name_length + extra_length, os.SEEK_CUR)
    packed = _limited(file, member.compress_size)
    if member.compress_type == zipfile.ZIP_STORED:
        yield from packed
        return
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    for piece in packed:
        yield inflate.decompress(piece, CHUNK)
        while inflate.unconsumed_tail:
            yield inflate.decompress(inflate.unconsumed_tail, CHUNK)
    yield inflate.flush()


def _limited(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0 and (piece := file.read(min(CHUNK, size))):
        size -= len(piece)
        yield piece


def _refuse_bomb() -> None:
    raise SheetRefused(_("The workbook unpacks to far more than a sheet needs. Save only the sheet to import."))
