"""What was sold and what came in, summed up by the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.conf import settings

from core.bulk import Int64s, read_columns

_SOLD = """
    SELECT string_agg(int8send(sku_id), ''::bytea), string_agg(int8send(shop_id), ''::bytea),
           string_agg(int8send(units_7), ''::bytea), string_agg(int8send(units_30), ''::bytea)
    FROM (
        SELECT sku_id, shop_id, coalesce(sum(units) FILTER (WHERE day >= %(last)s), 0)::bigint AS units_7,
               sum(units)::bigint AS units_30
        FROM channels_shopsales WHERE day BETWEEN %(first)s AND %(today)s AND {where} GROUP BY 1, 2
    ) AS summed
"""
_ARRIVED = """
    SELECT string_agg(int8send(sku_id), ''::bytea), string_agg(int8send(day), ''::bytea),
           string_agg(int8send(units), ''::bytea)
    FROM (
        SELECT sku_id, (created_at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS day, sum(quantity) AS units
        FROM inventory_ledgerentry WHERE quantity > 0 AND kind <> 'status_change' AND {where} GROUP BY 1, 2
    ) AS summed
"""
_LYING = """
    SELECT string_agg(int8send(sku_id), ''::bytea), string_agg(int8send(units), ''::bytea)
    FROM (
        SELECT sku_id, sum(on_hand) AS units FROM inventory_stockrow WHERE on_hand > 0 AND {where} GROUP BY 1
    ) AS summed
"""


@dataclass(frozen=True, slots=True, eq=False)
class Sold:
    """Units by SKU and shop: columns of equal length."""

    sku_ids: Int64s
    shop_ids: Int64s
    units_7: Int64s
    units_30: Int64s


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """Units that came in, an entry per SKU and day, and what is on hand by SKU."""

    at: Int64s  # the SKU's place in `on_hand`
    day: Int64s
    units: Int64s
    on_hand: Int64s  # [N]


def find_sold(first: date, last: date, today: date, sku_ids: Sequence[int] | None = None) -> Sold:
    """What each shop sold of these SKUs (all by default) from `first` and from `last` up to today."""
    params = {"first": first, "last": last, "today": today}
    skus, shops, units_7, units_30 = _read(_SOLD, params, sku_ids)
    return Sold(skus, shops, units_7, units_30)


def find_arrivals(ids: Int64s, sku_ids: Sequence[int] | None = None) -> Arrivals:
    """What came in of these SKUs (all by default), and is on hand, wherever and in whatever condition.

    Goods that only change their status have been there before. `ids` [N] are all SKUs, ascending.
    """
    skus, day, units = _read(_ARRIVED, {"zone": settings.TIME_ZONE}, sku_ids)
    lying, quantity = _read(_LYING, {}, sku_ids)
    on_hand = np.zeros(ids.size, np.int64)
    there = np.isin(lying, ids)
    on_hand[np.searchsorted(ids, lying[there])] = quantity[there]
    known = np.isin(skus, ids)
    return Arrivals(np.searchsorted(ids, skus[known]), day[known], units[known], on_hand)


def _read(sql: str, params: Mapping[str, object], sku_ids: Sequence[int] | None) -> list[Int64s]:
    if sku_ids is None:
        return read_columns(sql.format(where="TRUE"), params)
    wanted = np.asarray(sku_ids, np.int64).tolist()
    return read_columns(sql.format(where="sku_id = ANY(%(wanted)s)"), {**params, "wanted": wanted})
