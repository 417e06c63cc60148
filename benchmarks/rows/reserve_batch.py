"""100 orders of three lines per call, against three statements over arrays and the decisions in between."""

from collections.abc import Iterator, Sequence
from typing import Any

from psycopg import Connection

from benchmarks.bench import Bench
from benchmarks.reference_reserve import reserve_batch, set_up
from benchmarks.reserve_turns import Timed, Turns, growth, sizes
from benchmarks.reserve_world import World, make_world
from benchmarks.variants import Race, Variant
from channels.reservations.actions import reserve
from channels.reservations.rules import Basis, ReservationRequest

BAR = 0.5
BATCH = 100
CALLS = 20


def reserve_batches(bench: Bench) -> Iterator[Variant]:
    """Uniformly drawn SKUs, also over few and over many stock rows; then one line of every order is the same SKU."""
    spent: dict[int, Timed] = {}
    few, usual, many = sizes(bench)
    with bench.connect(autocommit=True) as raw:
        set_up(raw)
        for skus in (few, usual, many):
            world = make_world(bench, skus)
            yield from _race(bench, raw, world, spent=spent)
            if skus == usual:
                yield from _race(bench, raw, world, hot=True)
                yield from _race(bench, raw, world, check=Basis.STOCK)
    yield growth(spent)


def _race(
    bench: Bench,
    raw: "Connection[Any]",
    world: World,
    *,
    hot: bool = False,
    check: Basis = Basis.ENTITLEMENT,
    spent: dict[int, Timed] | None = None,
) -> Iterator[Race]:
    batch, calls = BATCH, bench.scale(CALLS, 1)
    turns = Turns(raw, world, batch * calls, hot=hot, check=check)

    def reference() -> None:
        for start in range(0, batch * calls, batch):
            reserve_batch(raw, turns.wanted[start : start + batch])

    @Timed
    def product() -> None:
        for start in range(0, batch * calls, batch):
            _reserve(turns.requests[start : start + batch])

    name = turns.label(f"{batch} per call, {world.locations:,} SKU-locations")
    yield Race(name, "orders", batch * calls, BAR, reference, product, turns.draw)
    turns.check_books()
    if spent is not None:
        spent[world.locations] = product


def _reserve(requests: Sequence[ReservationRequest]) -> None:
    for result in reserve(requests):
        if result.error is not None:
            raise result.error


ROWS = {"reserve-100": reserve_batches}
