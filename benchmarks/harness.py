"""Finds the rows, lets reference and product take turns, and reports."""

import gc
import json
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks import rows
from benchmarks.bench import Bench, fresh_bench
from benchmarks.variants import Limit, Outcome, Race, Variant
from config.startup import settle_memory

Row = Callable[[Bench], Iterable[Variant]]


def find_rows() -> Mapping[str, Row]:
    """Every row of every module in `benchmarks.rows`, by name."""
    found: dict[str, Row] = {}
    for module in sorted(pkgutil.iter_modules(rows.__path__), key=lambda module: module.name):
        found.update(import_module(f"{rows.__name__}.{module.name}").ROWS)
    return found


def run_rows(names: Sequence[str], *, smoke: bool) -> Iterator[Outcome]:
    """Measure the rows one after another, each in a database of its own."""
    known = find_rows()
    for name in names:
        with fresh_bench(smoke=smoke) as bench:
            for variant in known[name](bench):
                yield measure(name, variant, bench.rounds)


def measure(row: str, variant: Variant, rounds: int) -> Outcome:
    """The medians of one variant and their ratio; more is better."""
    if isinstance(variant, Limit):
        figure = variant.measure()
        return Outcome(row, variant.name, variant.unit, None, figure, variant.limit / figure, 1.0)
    reference, product = take_turns(variant, rounds)
    return Outcome(
        row,
        variant.name,
        f"{variant.unit}/s",
        variant.work / reference,
        variant.work / product,
        reference / product,
        variant.bar,
    )


def take_turns(race: Race, rounds: int) -> tuple[float, float]:
    """Median seconds of reference and product, measured A B A B after one untimed call of each."""
    sides = (race.reference, race.product)
    for side in sides:
        _seconds(race, side)
    settle_memory()  # as the product's processes do before they serve
    seconds = [[_seconds(race, side) for side in sides] for _ in range(rounds)]
    reference, product = zip(*seconds, strict=True)
    return median(reference), median(product)


def _seconds(race: Race, side: Callable[[], object]) -> float:
    race.prepare()
    gc.collect()  # what one side left behind is not billed to the other
    start = perf_counter()
    side()
    return perf_counter() - start


def print_heading() -> None:
    """The head of the table."""
    print(f"{'row':<17} {'variant':<44} {'unit':<14} {'reference':>12} {'product':>12} {'ratio':>8} {'bar':>6}")


def print_outcome(outcome: Outcome) -> None:
    """One line of the table."""
    reference = "-" if outcome.reference is None else _figure(outcome.reference)
    print(
        f"{outcome.row:<17} {outcome.variant:<44} {outcome.unit:<14} {reference:>12} {_figure(outcome.product):>12} "
        f"{outcome.ratio:>7.2f}x {outcome.bar:>5.2f}x {'' if outcome.holds else 'BELOW'}",
        flush=True,
    )


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write_report(path: Path, outcomes: Iterable[Outcome]) -> None:
    """Write the table as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [{**asdict(outcome), "holds": outcome.holds} for outcome in outcomes]
    path.write_text(json.dumps(lines, indent=1) + "\n")
