"""Single orders of three lines over HTTP from 32 connections, against the least web application that reserves."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import orjson
from django.db import connection
from psycopg import Connection

from benchmarks.bench import Bench
from benchmarks.load import Answer, post, send_all
from benchmarks.processes import serving, web
from benchmarks.reference_reserve import Wanted, set_up
from benchmarks.reserve_turns import Turns, sizes
from benchmarks.reserve_world import EXPIRES_IN, PLACES, Order, World, check_books, make_world, sku_code
from benchmarks.variants import Limit, Race, Variant
from channels.reservations.rules import Basis
from core.api.auth import hash_secret
from core.models import ApiKey

UNIFORM_BAR = 0.5
HOT_BAR = 0.7
P99_SECONDS = 0.1
ORDERS = 2_000
CONNECTIONS = 32
SECRET = "benchmark" * 4
MIDDLEWARE = {"ONEPOOL_BENCH_MIDDLEWARE": "1"}


def reserve_http(bench: Bench) -> Iterator[Variant]:
    """Uniformly drawn SKUs, then one line of every order is the same SKU; at last that SKU is sold out."""
    with bench.connect(autocommit=True) as raw:
        set_up(raw)
        world = make_world(bench, sizes(bench)[1])
        ApiKey.objects.create(
            name="bench", prefix="bench", secret_hash=hash_secret(SECRET), scopes=["reservations:write"]
        )
        with web(connection.settings_dict["NAME"]) as port:
            race = _Race(bench, raw, world, port)
            with _reference(bench) as reference:
                yield from race.run(reference, "uniform", UNIFORM_BAR)
                yield from race.run(reference, "hot", HOT_BAR)
            with _reference(bench, **MIDDLEWARE) as reference:
                # For information: the bars are on the reference without middleware.
                yield from race.run(reference, "uniform, Django's middleware", 0.0)
            race.sell_out(bench.scale(300, 30))


class _Race:
    """Reference and product on one world."""

    def __init__(self, bench: Bench, raw: "Connection[Any]", world: World, port: int) -> None:
        self._raw = raw
        self._world = world
        self._port = port
        self._orders = bench.scale(ORDERS, 64)

    def run(self, reference_port: int, name: str, bar: float) -> Iterator[Variant]:
        """The race, then how long the product's callers waited, and whether the books are right."""
        turns = Turns(self._raw, self._world, self._orders, hot=name == "hot", check=Basis.ENTITLEMENT)
        requests: list[list[bytes]] = []
        seconds: list[float] = []

        def prepare() -> None:
            turns.draw()
            requests[:] = [[_plain(order) for order in turns.wanted], list(map(_request, turns.keys, turns.orders))]

        def product() -> None:
            answers = _send(self._port, requests[1], 201)
            seconds.extend(answer.seconds for answer in answers)

        def p99() -> float:
            measured = sorted(seconds[self._orders :])  # the first call warmed up
            return measured[int(len(measured) * 0.99)]

        held = self._held()
        yield Race(
            f"{CONNECTIONS} connections, {name}",
            "orders",
            self._orders,
            bar,
            lambda: _send(reference_port, requests[0], 200),
            product,
            prepare,
        )
        if bar:
            yield Limit(f"p99, {CONNECTIONS} connections, {name}", "s", P99_SECONDS, p99)
        turns.check_books()
        if self._held() - held != turns.units // 2:
            raise RuntimeError(f"{self._held() - held} units are held for {turns.units // 2} that were accepted")

    def sell_out(self, units: int) -> None:
        """Ask for twice as many units of one SKU as there are; raise unless exactly those there are get sold."""
        self._raw.execute(
            "UPDATE inventory_stockrow SET on_hand = allocated + %s WHERE sku_id = %s",
            [units // PLACES, self._world.first_sku],
        )
        requests = [_request(f"last-{at}", Order("SHOP0", ((1, 1),))) for at in range(2 * units)]
        accepted = [answer.status for answer in send_all(self._port, requests, CONNECTIONS)].count(201)
        check_books(self._raw)
        if accepted != units:
            raise RuntimeError(f"{accepted} units were sold of {units}")

    def _held(self) -> int:
        sums = self._raw.execute("SELECT coalesce(sum(quantity), 0) FROM inventory_hold WHERE closed_at IS NULL")
        return int(sums.fetchall()[0][0])


def _reference(bench: Bench, **environment: str) -> AbstractContextManager[int]:
    return serving("benchmarks.reference_http", "/health", ONEPOOL_BENCH_URL=bench.database_url, **environment)


def _plain(order: Wanted) -> bytes:
    content = {"sku_ids": order.sku_ids, "quantities": order.quantities}
    return post("/orders", orjson.dumps(content), Idempotency_Key=order.key)


def _request(key: str, order: Order) -> bytes:
    lines = [{"sku": sku_code(sku), "quantity": units} for sku, units in order.lines]
    content = {"shop": order.shop, "lines": lines, "expires_in": EXPIRES_IN}
    headers = {"Authorization": f"Bearer op_bench_{SECRET}", "Idempotency_Key": key}
    return post("/api/v1/reservations", orjson.dumps(content), **headers)


def _send(port: int, requests: Sequence[bytes], status: int) -> list[Answer]:
    """The answers; raise unless each request was answered so."""
    answers = send_all(port, requests, CONNECTIONS)
    for answer in answers:
        if answer.status != status:
            raise RuntimeError(f"{answer.status} {answer.body!r}")
    return answers


ROWS = {"reserve-http": reserve_http}
