"""The figures of SKUs and the velocity of shops, made from sales by day and from the ledger."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from channels.figures.actions.sales import lock_sales
from channels.figures.rules import DAYS_7, DAYS_30, average_arrival, classify
from channels.figures.selectors.history import Sold, find_arrivals, find_sold
from channels.figures.selectors.scope import Scope
from channels.figures.selectors.velocity import load_velocity
from core.bulk import Int64s
from inventory.ledger.actions import mark_skus
from inventory.ledger.arrays import int_array, unnest
from inventory.supply.models import Pool
from strategies.actions import mark_facts
from strategies.registry import all_kinds
from strategies.rules.shapes import EMPTY
from strategies.selectors import load_rules

FIGURES = ("sold_7", "sold_30", "stocked_on", "abc")
FACTS = {
    "sold_7": ("velocity_7",),
    "sold_30": ("velocity_30", "days_of_cover", "sell_through"),
    "stocked_on": ("stock_age",),
    "abc": ("abc",),
}
DEMAND = "demand"  # the mode that divides by what shops sell

_STORE = f"""
INSERT INTO channels_skufigures AS known (sku_id, sold_7, sold_30, stocked_on, abc)
SELECT sku_id, sold_7, sold_30, DATE '1970-01-01' + stocked_on, chr(ascii('A') + abc)
FROM {unnest("bigint", "integer", "integer", "integer", "integer")} AS given(sku_id, sold_7, sold_30, stocked_on, abc)
ON CONFLICT (sku_id) DO UPDATE
SET sold_7 = excluded.sold_7, sold_30 = excluded.sold_30, stocked_on = excluded.stocked_on, abc = excluded.abc
"""
_STORE_VELOCITY = f"""
INSERT INTO channels_shopvelocity (sku_id, shop_id, units_30)
SELECT * FROM {unnest("bigint", "bigint", "integer")} AS given
ON CONFLICT (sku_id, shop_id) DO UPDATE SET units_30 = excluded.units_30
"""
_FORGET_VELOCITY = f"""
DELETE FROM channels_shopvelocity known USING {unnest("bigint", "bigint")} AS gone(sku_id, shop_id)
WHERE known.sku_id = gone.sku_id AND known.shop_id = gone.shop_id
"""


@transaction.atomic
def refresh_figures(sku_ids: Sequence[int] | None = None, *, now: datetime | None = None) -> int:
    """Bring the figures of these SKUs (all by default) up to date, as of `now`; of how many SKUs any changed.

    The days count up to today, which isn't over. ABC classes are of all SKUs together, so they may change for others,
    too. SKUs are marked when a rule in force asks about a figure that changed, or stock is divided by demand.
    """
    lock_sales()
    moment = timezone.localtime(now or timezone.now(), timezone.get_default_timezone())
    today = moment.date()
    sold = find_sold(today - timedelta(days=DAYS_30 - 1), today - timedelta(days=DAYS_7 - 1), today, sku_ids)
    moved = _write_velocity(sold, sku_ids)
    scope = Scope("pool", moment, None, [*FIGURES, "price"])
    before, after = scope.numbers, _measure(scope, sold, sku_ids)
    differs = {name: before[name] != after[name] for name in FIGURES}
    mark_facts(
        {fact: scope.sku_ids[differs[name]].tolist() for name, facts in FACTS.items() for fact in facts},
        moved=moved.tolist() if moved.size and _is_demand_asked() else (),
        mark=mark_skus,
    )
    changed = np.flatnonzero(np.any(list(differs.values()), axis=0))
    _write_figures(scope.sku_ids[changed], [after[name][changed] for name in FIGURES])
    return int(np.union1d(moved, scope.sku_ids[changed]).size)


def _measure(scope: Scope, sold: Sold, sku_ids: Sequence[int] | None) -> dict[str, Int64s]:
    """The figures of all SKUs, those of others than `sku_ids` as they are stored, but for their classes."""
    ids = scope.sku_ids
    chosen = np.ones(ids.size, bool) if sku_ids is None else np.isin(ids, np.asarray(sku_ids, np.int64))
    arrivals = find_arrivals(ids, sku_ids)
    measured = {
        "sold_7": _sum_up(ids, sold.sku_ids, sold.units_7),
        "sold_30": _sum_up(ids, sold.sku_ids, sold.units_30),
        "stocked_on": average_arrival(arrivals.at, arrivals.day, arrivals.units, arrivals.on_hand),
    }
    after = {name: np.where(chosen, values, scope.numbers[name]) for name, values in measured.items()}
    price = scope.numbers["price"]
    # Floating: money, and no stock is counted by it.
    after["abc"] = classify(after["sold_30"].astype(np.float64) * np.where(price == EMPTY, 0, price))
    return after


def _sum_up(ids: Int64s, sku_ids: Int64s, units: Int64s) -> Int64s:
    """[N] units by SKU; what isn't among the ids any more is left out."""
    sums = np.zeros(ids.size, np.int64)
    known = np.isin(sku_ids, ids)
    np.add.at(sums, np.searchsorted(ids, sku_ids[known]), units[known])
    return sums


def _write_figures(sku_ids: Int64s, figures: Sequence[Int64s]) -> None:
    if not sku_ids.size:
        return
    columns = [[None if value == EMPTY else value for value in column.tolist()] for column in (sku_ids, *figures)]
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [int_array(column) for column in columns])


def _write_velocity(sold: Sold, sku_ids: Sequence[int] | None) -> Int64s:
    """Store what shops sold of these SKUs (all by default) in 30 days; the SKUs for which that changed."""
    shops, skus, units = load_velocity(sku_ids)
    before = dict(zip(zip(skus.tolist(), shops.tolist(), strict=True), units.tolist(), strict=True))
    pairs = zip(sold.sku_ids.tolist(), sold.shop_ids.tolist(), strict=True)
    after = {pair: units for pair, units in zip(pairs, sold.units_30.tolist(), strict=True) if units}
    set_ = sorted((*pair, units) for pair, units in after.items() if before.get(pair) != units)
    gone = sorted(before.keys() - after.keys())
    with connection.cursor() as cursor:
        if set_:
            cursor.execute(_STORE_VELOCITY, [int_array(column) for column in zip(*set_, strict=True)])
        if gone:
            cursor.execute(_FORGET_VELOCITY, [int_array(column) for column in zip(*gone, strict=True)])
    return np.unique(np.array([pair[0] for pair in (*set_, *gone)], np.int64))


def _is_demand_asked() -> bool:
    """Whether a pool, or a rule in force, divides by what shops sell."""
    return Pool.objects.filter(mode=DEMAND).exists() or any(mode == DEMAND for mode in _modes())


def _modes() -> Iterator[object]:
    for kind in all_kinds():
        yield from (getattr(action, "mode", None) for action in load_rules(kind.key).actions)
