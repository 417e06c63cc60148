"""Single orders of three lines from several threads, against one function of the database called in the same way."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, TypeVar

from psycopg import Connection

from benchmarks.bench import Bench
from benchmarks.reference_reserve import Wanted, reserve_order, set_up
from benchmarks.reserve_turns import Timed, Turns, growth, sizes
from benchmarks.reserve_world import World, make_world
from benchmarks.variants import Race, Variant
from channels.reservations.group import reserve_one
from channels.reservations.rules import Basis, ReservationRequest

BAR = 0.4
ORDERS = 1_000

Item = TypeVar("Item")


def reserve_uniform(bench: Bench) -> Iterator[Variant]:
    """Uniformly drawn SKUs; one client also over few and over many stock rows."""
    spent: dict[int, Timed] = {}
    few, usual, many = sizes(bench)
    with bench.connect(autocommit=True) as raw:
        set_up(raw)
        for skus in (few, usual, many):
            race = _Race(bench, raw, make_world(bench, skus))
            yield from race.run(1, spent=spent)
            if skus == usual:
                yield from race.run(1, check=Basis.STOCK)
                yield from race.run(4)
                yield from race.run(8)
    yield growth(spent)


def reserve_hot(bench: Bench) -> Iterator[Variant]:
    """One line of every order is the same SKU."""
    with bench.connect(autocommit=True) as raw:
        set_up(raw)
        race = _Race(bench, raw, make_world(bench, sizes(bench)[1]))
        yield from race.run(4, hot=True)
        yield from race.run(8, hot=True)


class _Race:
    """Reference and product on one world."""

    def __init__(self, bench: Bench, raw: "Connection[Any]", world: World) -> None:
        self._bench = bench
        self._raw = raw
        self._world = world

    def run(
        self,
        clients: int,
        *,
        hot: bool = False,
        check: Basis = Basis.ENTITLEMENT,
        spent: dict[int, Timed] | None = None,
    ) -> Iterator[Race]:
        """The race of so many threads, each with a connection of its own; then whether the books are right."""
        size = self._bench.scale(ORDERS, 16)
        turns = Turns(self._raw, self._world, size, hot=hot, check=check)
        with ExitStack() as stack:
            connections = [stack.enter_context(self._bench.connect(autocommit=True)) for _ in range(clients)]
            threads = stack.enter_context(ThreadPoolExecutor(clients))

            def reference() -> None:
                list(threads.map(_reserve_orders, connections, _deal(turns.wanted, clients)))

            product = Timed(lambda: list(threads.map(_reserve_requests, _deal(turns.requests, clients))))
            name = f"{clients} client{'s' * (clients > 1)}, {self._world.locations:,} SKU-locations"
            yield Race(turns.label(name), "orders", size, BAR, reference, product, turns.draw)
            if spent is not None:
                spent[self._world.locations] = product
        turns.check_books()


def _deal(orders: Sequence[Item], clients: int) -> list[Sequence[Item]]:
    return [orders[at::clients] for at in range(clients)]


def _reserve_orders(connection: "Connection[Any]", orders: Sequence[Wanted]) -> None:
    for order in orders:
        reserve_order(connection, order)


def _reserve_requests(requests: Sequence[ReservationRequest]) -> None:
    for request in requests:
        error = reserve_one(request).error
        if error is not None:
            raise error


ROWS = {"reserve-1": reserve_uniform, "reserve-hot": reserve_hot}
