"""1,000 stock changes per call, with ledger entries and dirty marks, against an update without either."""

from collections.abc import Callable, Iterator
from random import Random

from benchmarks.bench import Bench
from benchmarks.reference import update_stock
from benchmarks.stock_world import fill_stock
from benchmarks.variants import Race
from inventory.ledger.actions import Movement, post_movements

BATCH = 1000
CALLS = 10
PLACES = 5
BAR = 0.25


def movements(bench: Bench) -> Iterator[Race]:
    """Uniform changes over ever more SKU-locations: the cost per change must not grow with them."""
    sizes = [2_000] if bench.smoke else [10_000, 100_000, 1_000_000]
    batch = bench.scale(BATCH, 100)
    with bench.connect() as raw:
        for size in sizes:
            fill_stock(raw, skus=size // PLACES, places=PLACES)
            rows = raw.execute(
                "SELECT s.sku_id, s.functional_id, k.code, f.code FROM inventory_stockrow s"
                " JOIN inventory_sku k ON k.id = s.sku_id"
                " JOIN inventory_functionalwarehouse f ON f.id = s.functional_id"
            ).fetchall()
            raw.commit()
            draw = _drawer(rows, batch)

            def reference(draw: "Draw" = draw) -> None:
                for _ in range(CALLS):
                    picked, quantities = draw()
                    update_stock(raw, [row[0] for row in picked], [row[1] for row in picked], quantities)

            def product(draw: "Draw" = draw) -> None:
                for _ in range(CALLS):
                    picked, quantities = draw()
                    post_movements(
                        [
                            Movement(row[3], row[2], "adjustment", quantity, reference="bench")
                            for row, quantity in zip(picked, quantities, strict=True)
                        ],
                        actor="bench",
                    )

            yield Race(f"{batch:,} per call, {size:,} SKU-locations", "changes", batch * CALLS, BAR, reference, product)


Draw = Callable[[], tuple[list[tuple[int, int, str, str]], list[int]]]


def _drawer(rows: list[tuple[int, int, str, str]], batch: int) -> Draw:
    random = Random(20)

    def draw() -> tuple[list[tuple[int, int, str, str]], list[int]]:
        return random.sample(rows, batch), [random.choice((-1, 1, 2)) for _ in range(batch)]

    return draw


ROWS = {"movements": movements}
