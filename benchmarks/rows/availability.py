"""100 SKUs of one shop per call, in process and over HTTP with a key, against SQL from one connection."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from random import Random

from django.db import connection

from benchmarks.bench import Bench
from benchmarks.cascade_world import make_world, settle
from benchmarks.processes import web
from benchmarks.reference_cascade import read_availability
from benchmarks.variants import Race
from channels.cascade.availability import find_availability
from core.api.auth import hash_secret
from core.models import ApiKey

BAR = 0.3
SKUS = 100
CLIENTS = 4
SECRET = "benchmark" * 4

Codes = list[list[str]]


def availability(bench: Bench) -> Iterator[Race]:
    """The same uniform draws for every side."""
    world = make_world(bench.scale(20_000, 1_000))
    settle()
    random = Random(11)
    calls = bench.scale(400, 20)
    draws = [[f"S{random.randint(1, world.skus)}" for _ in range(SKUS)] for _ in range(calls)]
    with bench.connect(autocommit=True) as raw:

        def reference() -> None:
            for codes in draws:
                read_availability(raw, "SHOP07", codes)

        def product() -> None:
            for codes in draws:
                find_availability(["SHOP07"], codes)

        yield Race("in process", "SKUs", calls * SKUS, BAR, reference, product)
        ApiKey.objects.create(name="bench", prefix="bench", secret_hash=hash_secret(SECRET), scopes=["availability"])
        with web(connection.settings_dict["NAME"]) as port, ThreadPoolExecutor(CLIENTS) as pool:
            shares = [draws[at::CLIENTS] for at in range(CLIENTS)]
            ask = _asker(port)
            yield Race(
                f"over HTTP, {CLIENTS} connections",
                "SKUs",
                calls * SKUS,
                BAR,
                reference,
                lambda: list(pool.map(ask, shares)),
            )


def _asker(port: int) -> Callable[[Codes], None]:
    headers = {"Authorization": f"Bearer op_bench_{SECRET}"}

    def ask(draws: Codes) -> None:
        client = HTTPConnection("127.0.0.1", port)
        for codes in draws:
            client.request("GET", "/api/v1/availability?shop=SHOP07&sku=" + "&sku=".join(codes), headers=headers)
            answer = client.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise RuntimeError(content)
        client.close()

    return ask


ROWS = {"availability": availability}
