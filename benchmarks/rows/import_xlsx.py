"""A stock count from an Excel file to committed ledger entries, against calamine, COPY and a merge."""

import io
from collections.abc import Iterator

from python_calamine import CalamineWorkbook

from benchmarks.bench import Bench
from benchmarks.count_files import clean_up, fill_places, import_product, numbers, take_turns, xlsx_bytes
from benchmarks.reference_import import import_rows
from benchmarks.variants import Race

BAR = 1 / 4


def import_xlsx(bench: Bench) -> Iterator[Race]:
    """Every row changes."""
    size = bench.scale(100_000, 2_000)
    places = fill_places(bench, size)
    file = take_turns([xlsx_bytes(places, counts) for counts in numbers(size, 1.0)])
    with bench.connect() as raw:

        def reference() -> None:
            workbook = CalamineWorkbook.from_filelike(io.BytesIO(file()))
            _header, *rows = workbook.get_sheet_by_index(0).to_python()
            import_rows(raw, rows, size)

        def product() -> None:
            import_product(io.BytesIO(file()), size)

        yield Race(f"{size:,} rows, all changed", "rows", size, BAR, reference, product, clean_up(bench))


ROWS = {"import-xlsx": import_xlsx}
