"""Files of stock counts for the import rows: each call imports the other of two, so each changes the same rows."""

import io
from collections.abc import Callable
from itertools import cycle
from typing import IO, Any

import xlsxwriter
from django.db import transaction

from benchmarks.bench import Bench
from benchmarks.stock_world import fill_stock
from core.sheets.registry import find_sheet

HEADER = ("Functional warehouse", "SKU", "On hand")
UNITS = 1000
PLACES = 5


def fill_places(bench: Bench, size: int) -> list[tuple[str, str]]:
    """Stock of `size` rows; the codes of each row's functional warehouse and SKU, by SKU."""
    with bench.connect() as raw:
        fill_stock(raw, skus=size // PLACES, places=PLACES, units=UNITS)
        return raw.execute(
            "SELECT f.code, k.code FROM inventory_stockrow s JOIN inventory_sku k ON k.id = s.sku_id"
            " JOIN inventory_functionalwarehouse f ON f.id = s.functional_id ORDER BY s.id"
        ).fetchall()


def numbers(size: int, changed: float) -> list[list[int]]:
    """Two lists of counts that differ from each other in that share of the rows, evenly spread."""
    every = round(1 / changed)
    return [[UNITS + (1 if at % every == 0 else 0) * unit for at in range(size)] for unit in (1, 0)]


def csv_bytes(places: list[tuple[str, str]], counts: list[int]) -> bytes:
    """A CSV file."""
    lines = [f"{functional},{sku},{units}" for (functional, sku), units in zip(places, counts, strict=True)]
    return "\n".join([",".join(HEADER), *lines, ""]).encode()


def xlsx_bytes(places: list[tuple[str, str]], counts: list[int]) -> bytes:
    """An Excel file."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEADER)
        for row, ((functional, sku), units) in enumerate(zip(places, counts, strict=True), start=1):
            page.write_row(row, 0, (functional, sku, units))
    return buffer.getvalue()


def import_product(file: IO[bytes], expected: int) -> None:
    """What the job of a confirmed import does: check and compare the whole file, then count."""
    sheet = find_sheet("stock-counts")
    with transaction.atomic():
        plan = sheet.plan(file, None)
        if plan.faults or plan.changed != expected:
            raise ValueError(f"{plan.changed} rows changed, not {expected}: {plan.faults[:3]}")
        sheet.write(plan, actor="bench")


def take_turns(files: list[Any]) -> Callable[[], Any]:
    """Gives one file after the other, for ever."""
    turns = cycle(files)
    return lambda: next(turns)


def clean_up(bench: Bench) -> Callable[[], None]:
    """Takes away what the last call left, so that no call pays for another's."""

    def clean() -> None:
        with bench.connect(autocommit=True) as raw:
            raw.execute("TRUNCATE inventory_ledgerentry, inventory_dirtysku")
            raw.execute("VACUUM ANALYZE inventory_stockrow")

    return clean
