"""1,000 SKUs whose stock changed: claimed, computed, written and cleared, against SQL that only computes and writes."""

from collections.abc import Iterator
from random import Random

from django.db import connection

from benchmarks.bench import Bench
from benchmarks.cascade_world import make_world, settle, sql_cascade, vacuum
from benchmarks.variants import Race
from channels.cascade.actions import recompute_dirty
from inventory.ledger.actions import mark_skus

BAR = 1 / 1.5


def recompute(bench: Bench) -> Iterator[Race]:
    """Every number of the changed SKUs moves."""
    changed = bench.scale(1_000, 100)
    random = Random(7)
    sql = sql_cascade()
    world = make_world(bench.scale(100_000, 1_000))
    settle()
    picked: list[int] = []

    def move_stock() -> None:
        picked[:] = sorted(random.sample(range(world.first_sku, world.first_sku + world.skus), changed))
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE inventory_stockrow SET on_hand = on_hand + 7 WHERE sku_id = ANY(%s)",
                [picked],
            )
            cursor.execute("DELETE FROM inventory_dirtysku")
        mark_skus(picked)
        vacuum("inventory_stockrow", "channels_shopquantity", "inventory_dirtysku")

    with bench.connect(autocommit=True) as raw:
        yield Race(
            f"{changed:,} of {world.skus:,} SKUs, {changed * len(world.shop_ids):,} numbers",
            "numbers",
            changed * len(world.shop_ids),
            BAR,
            lambda: sql.recompute(raw, picked),
            recompute_dirty,
            move_stock,
        )


ROWS = {"recompute-dirty": recompute}
