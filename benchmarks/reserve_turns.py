"""The orders of each call of a reserve row: the same ones for the reference and then for the product."""

from collections.abc import Callable, Mapping
from itertools import count
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from psycopg import Connection

from benchmarks.bench import Bench
from benchmarks.reference_reserve import Wanted
from benchmarks.reserve_world import Order, World, check_books, clean_up, draw_orders
from benchmarks.variants import Limit
from channels.reservations.rules import Basis, ReservationRequest

GROWTH = 1.5
_KEYS = count()


def sizes(bench: Bench) -> tuple[int, int, int]:
    """Few SKUs, as many as usual, and many: 10,000, 300,000 and 1,000,000 stock rows."""
    return (100, 200, 400) if bench.smoke else (3_333, 100_000, 333_333)


def growth(spent: Mapping[int, "Timed"]) -> Limit:
    """How much longer the product takes over the most stock rows than over the fewest."""
    few, many = min(spent), max(spent)
    name = f"{many:,} over {few:,} SKU-locations"
    return Limit(name, "x the time", GROWTH, lambda: spent[many].seconds / spent[few].seconds)


class Turns:
    """What both sides are asked for; a race's `prepare` is `draw`."""

    def __init__(self, raw: "Connection[Any]", world: World, size: int, *, hot: bool, check: Basis) -> None:
        self.orders: list[Order] = []
        self.keys: list[str] = []
        self.wanted: list[Wanted] = []
        self.requests: list[ReservationRequest] = []
        self.units = 0  # of all orders drawn so far, for either side
        self._raw = raw
        self._world = world
        self._size = size
        self._hot = hot
        self._check = check
        self._turn = 0

    def label(self, name: str) -> str:
        """The name of a variant, with what makes it another one than the usual."""
        return name + ", hot" * self._hot + f", {self._check}" * (self._check is not Basis.ENTITLEMENT)

    def draw(self) -> None:
        """The next call's orders under new keys: the product is asked for what the reference was asked for before."""
        clean_up(self._raw)
        random = Random(self._turn // 2)
        self._turn += 1
        self.orders = draw_orders(random, self._world.skus, self._size, hot=self._hot)
        self.units += sum(order.units for order in self.orders)
        self.keys = [f"bench-{next(_KEYS)}" for _ in self.orders]
        named = list(zip(self.keys, self.orders, strict=True))
        self.wanted = [self._world.wanted(key, order) for key, order in named]
        self.requests = [self._world.request(key, order, self._check) for key, order in named]

    def check_books(self) -> None:
        """Raise unless everything booked is held."""
        check_books(self._raw)


class Timed:
    """A side that remembers how long its calls took."""

    def __init__(self, side: Callable[[], object]) -> None:
        self._side = side
        self._seconds: list[float] = []

    def __call__(self) -> None:
        start = perf_counter()
        self._side()
        self._seconds.append(perf_counter() - start)

    @property
    def seconds(self) -> float:
        """The median, without the call that warmed up."""
        return median(self._seconds[1:])
