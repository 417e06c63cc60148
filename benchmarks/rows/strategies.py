"""What 100 published allocation strategies cost a full recompute, and how many SKUs publishing one has recomputed."""

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from django.db import connection

from benchmarks.bench import Bench
from benchmarks.cascade_world import World, make_world, settle, vacuum
from benchmarks.variants import Limit
from channels.cascade.actions import recompute
from inventory.models import DirtySku
from strategies.actions import create_strategy, publish_version

STRATEGIES = 100
TURNS = 3
MOST_TIMES = 2.0  # as long as with none
MODES = ("shared", "proportional", "priority", "depth", "demand")

# Weights spread the SKUs evenly over the strategies, so that each decides some of every part of the catalogue.
_GOODS = """
    UPDATE inventory_sku SET weight_g = id %% 1000, price = 10 + id %% 500, season = 'T' || id %% 4,
        tags = CASE WHEN id %% 7 = 0 THEN '{sale}'::text[] ELSE '{}'::text[] END
"""
_SALES = """
    INSERT INTO channels_shopvelocity (sku_id, shop_id, units_30)
    SELECT sku.id, shop.id, 1 + (sku.id * 31 + shop.id * 17) %% 40 FROM inventory_sku sku CROSS JOIN channels_shop shop
    WHERE (sku.id + shop.id) %% 3 = 0
"""


def strategies(bench: Bench) -> Iterator[Limit]:
    """The same world without strategies, then with a hundred that between them decide nearly every pool and SKU."""
    world = make_world(bench.scale(100_000, 2_000))
    with connection.cursor() as cursor:
        cursor.execute(_GOODS, [])
        cursor.execute(_SALES, [])
    settle()
    plain = _time_recompute()
    for at in range(STRATEGIES):
        _publish(f"S{at}", _conditions(at), _action(at))
    settle()
    vacuum("channels_decision")
    decided = _time_recompute()
    name = f"{world.skus:,} SKUs, full recompute, times as long as with none ({plain:.2f} s)"
    yield Limit(name, "times", MOST_TIMES, lambda: decided / plain)
    wanted = bench.scale(500, 100)
    yield Limit(f"publishing for {wanted} SKUs", "SKUs marked", wanted, lambda: _marked(world, wanted))


def _time_recompute() -> float:
    """Seconds, with the stored numbers of every hundredth SKU moved before."""
    seconds = []
    for _turn in range(TURNS):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE channels_shopquantity SET quantity = quantity + 1 WHERE sku_id %% 100 = 0", [])
        vacuum("channels_shopquantity", "inventory_dirtysku")
        began = time.perf_counter()
        recompute()
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def _conditions(at: int) -> dict[str, Any]:
    rows = [_row("weight", "between", [str(10 * at), str(10 * at + 9)])]
    if at % 4 == 1:
        rows.append(_row("season", "in", ["T0", "T1", "T2"]))
    if at % 4 == 2:
        rows.append(_row("pool_quantity", "gt", "50"))
    if at % 4 == 3:
        rows.append(_row("pool_channels", "any", ["online"]))
    return {"any": [{"all": rows}], "unless": [{"all": [_row("tag", "any", ["sale"])]}]}


def _action(at: int) -> dict[str, Any]:
    shares = [{"shop": f"SHOP{(at + each) % 30:02d}", "ratio": 20 + at % 60, "holdback": at % 3} for each in range(4)]
    return {"mode": MODES[at % len(MODES)], "shares": [*shares, {"ratio": 30 + at % 50, "priority": 5}]}


def _row(fact: str, op: str, value: Any) -> dict[str, Any]:
    return {"fact": fact, "op": op, "value": value}


def _publish(code: str, conditions: dict[str, Any], action: dict[str, Any]) -> None:
    draft = create_strategy(
        kind="allocation", code=code, name=code, conditions=conditions, action=action, actor="benchmark"
    )
    publish_version(draft, actor="benchmark")


def _marked(world: World, wanted: int) -> float:
    """How many SKUs are marked when a strategy for so many is published that nobody has decided yet."""
    first = world.first_sku
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_sku SET weight_g = 2000 WHERE id BETWEEN %s AND %s", [first, first + wanted - 1]
        )
    DirtySku.objects.all().delete()
    _publish("FEW", {"any": [{"all": [_row("weight", "eq", "2000")]}]}, {"mode": "priority"})
    marked = DirtySku.objects.count()
    if marked < wanted:
        message = f"only {marked} of {wanted} SKUs were marked"
        raise AssertionError(message)
    return marked


ROWS = {"strategies": strategies}
