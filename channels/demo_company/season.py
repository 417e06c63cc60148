"""What Linden's shops sold in the last eight weeks, so that figures and strategies have something to go by."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from channels.demo_company import catalogue
from channels.figures.actions import record_sales, refresh_figures
from channels.shops.models import ListingPart

WEEKS = 8
# Units a day of a SKU of middling popularity.
PACE = {"TMALL": 1.4, "JD": 0.9, "DOUYIN": 1.8, "PDD": 1.0, "RED": 0.5, "MALL": 0.4, "B2B": 0.6, "GLOBAL": 0.2}
# How sales of a category move from the first week of the season to the last; of the others, they stay as they are.
TREND = {"w-coats": (0.3, 1.7), "m-coats": (0.3, 1.7), "k-coats": (0.4, 1.6), "w-dress": (1.5, 0.4)}
WEEKEND = 1.5


def record_season(items: list[catalogue.Item], chance: random.Random, *, today: date, actor: str) -> None:
    """Record the sales up to yesterday and work out the figures."""
    known = {item.sku["code"]: item for item in items}
    rows = [
        row
        for shop, shop_code, sku, sku_code in _listed()
        if sku_code in known
        for row in _sales(known[sku_code], PACE[shop_code], chance, today, {"shop_id": shop, "sku_id": sku})
    ]
    record_sales(rows, actor=actor)
    refresh_figures()


def _listed() -> Iterator[tuple[int, str, int, str]]:
    parts = ListingPart.objects.order_by("listing__shop__code", "sku__code")
    yield from parts.values_list("listing__shop_id", "listing__shop__code", "sku_id", "sku__code").distinct()


def _sales(
    item: catalogue.Item, pace: float, chance: random.Random, today: date, ids: dict[str, int]
) -> Iterator[dict[str, Any]]:
    first, last = TREND.get(item.sku["category"], (1.0, 1.0))
    days = WEEKS * 7
    for ago in range(days, 0, -1):
        day = today - timedelta(days=ago)
        trend = first + (last - first) * (days - ago) / days
        weekend = WEEKEND if day.weekday() in {5, 6} else 1.0
        units = int(pace * trend * weekend * item.popularity * item.size_weight + chance.random())
        if units:
            yield {**ids, "day": day, "units": units}
