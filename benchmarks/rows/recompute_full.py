"""Every shop number of 100,000 SKUs computed, compared and 1% of them written, against the best SQL."""

from collections.abc import Iterator

from django.db import connection

from benchmarks.bench import Bench
from benchmarks.cascade_world import make_world, settle, sql_cascade, vacuum
from benchmarks.variants import Race
from channels.cascade.actions import recompute

BAR = 1 / 0.6


def recompute_full(bench: Bench) -> Iterator[Race]:
    """The stored numbers are moved in every hundredth SKU before each turn."""
    world = make_world(bench.scale(100_000, 500))
    settle()
    sql = sql_cascade()

    def spoil() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE channels_shopquantity SET quantity = quantity + 1 WHERE sku_id %% 100 = 0", [])
        vacuum("channels_shopquantity", "inventory_dirtysku")

    with bench.connect(autocommit=True) as raw:
        yield Race(
            f"{world.skus:,} SKUs, {world.numbers:,} numbers",
            "numbers",
            world.numbers,
            BAR,
            lambda: sql.recompute(raw),
            recompute,
            spoil,
        )


ROWS = {"recompute-full": recompute_full}
