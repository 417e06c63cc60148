"""A stock count from a CSV file to committed ledger entries, against COPY, resolving codes and an update."""

import io
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.count_files import clean_up, csv_bytes, fill_places, import_product, numbers, take_turns
from benchmarks.reference_import import import_csv as import_reference
from benchmarks.variants import Race

BAR = 1 / 3


def import_csv(bench: Bench) -> Iterator[Race]:
    """A few rows change, and all do."""
    size = bench.scale(1_000_000, 5_000)
    places = fill_places(bench, size)
    with bench.connect() as raw:
        for share in (0.05, 1.0):
            changed = round(size * share)
            file = take_turns([csv_bytes(places, counts) for counts in numbers(size, share)])

            def reference(changed: int = changed, file=file) -> None:
                import_reference(raw, file(), changed)

            def product(changed: int = changed, file=file) -> None:
                import_product(io.BytesIO(file()), changed)

            name = f"{size:,} rows, {share:.0%} changed"
            yield Race(name, "rows", size, BAR, reference, product, clean_up(bench))


ROWS = {"import-csv": import_csv}
