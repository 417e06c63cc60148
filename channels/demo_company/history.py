"""Linden's stock and its last two weeks: opening balances, sales, receipts, corrections.

Every row is (functional warehouse, SKU, kind, quantity, reference, reason), one list per day, oldest
first; nothing ever goes below zero, so that the verbs take it as it is.
"""

import random
from typing import NamedTuple

from channels.demo_company import catalogue, places

DAYS = 14


class Entry(NamedTuple):
    """A movement as the ledger's verb wants it; codes, not ids."""

    functional: str
    sku: str
    kind: str
    quantity: int
    reference: str
    reason: str
    to_functional: str = ""


def opening(items: list[catalogue.Item], chance: random.Random) -> dict[tuple[str, str], int]:
    """Units per (functional warehouse, SKU) two weeks ago."""
    stock: dict[tuple[str, str], int] = {}
    for centre, depth in zip(places.DC_CODES.values(), (220, 140, 150, 90), strict=True):
        for item in items:
            if chance.random() < 0.9:
                units = round(depth * item.popularity * item.size_weight * chance.uniform(0.5, 2.0))
                stock[f"{centre}-GOOD", item.sku["code"]] = max(1, units)
    for code in places.store_codes():
        for item in chance.sample(items, 800):
            stock[f"{code}-GOOD", item.sku["code"]] = 1 + round(9 * item.popularity * item.size_weight)
    for code, _city, _name in places.DEALERS:
        for item in chance.sample(items, 500):
            stock[f"{code}-GOOD", item.sku["code"]] = 2 + round(40 * item.popularity * item.size_weight)
    return stock


def days(items: list[catalogue.Item], stock: dict[tuple[str, str], int], chance: random.Random) -> list[list[Entry]]:
    """Two weeks of movements; `stock` is brought up to date as they happen."""
    demand = {item.sku["code"]: item.popularity * item.size_weight for item in items}
    return [_day(number, demand, stock, chance) for number in range(DAYS)]


def _day(
    number: int, demand: dict[str, float], stock: dict[tuple[str, str], int], chance: random.Random
) -> list[Entry]:
    entries: list[Entry] = []
    rows = chance.sample(list(stock), 1500)
    weekend = 1.5 if number % 7 in (5, 6) else 1.0
    for functional, sku in rows:
        sold = min(stock[functional, sku], round(6 * weekend * demand[sku] * chance.random()))
        if sold:
            entries.append(Entry(functional, sku, "issue", sold, f"SO-{number:02d}-{len(entries):05d}", ""))
            stock[functional, sku] -= sold
    entries += [_receipt(key, number, stock, chance) for key in rows[:80] if key[0].startswith("DC-")]
    entries += [_damage(key, stock) for key in rows[80:110] if key[0].startswith(("DC-", "ST-")) and stock[key] > 2]
    entries += [_found(key, stock) for key in rows[110:120]]
    return entries


def _receipt(key: tuple[str, str], number: int, stock: dict[tuple[str, str], int], chance: random.Random) -> Entry:
    units = chance.randrange(20, 121, 10)
    stock[key] += units
    return Entry(*key, "receipt", units, f"PO-{2600 + number}", "")


def _damage(key: tuple[str, str], stock: dict[tuple[str, str], int]) -> Entry:
    stock[key] -= 1
    to_functional = key[0].replace("-GOOD", "-DEFECTIVE")
    return Entry(*key, "status_change", 1, "", "开线 Open seam", to_functional)


def _found(key: tuple[str, str], stock: dict[tuple[str, str], int]) -> Entry:
    stock[key] += 1
    return Entry(*key, "adjustment", 1, "", "盘点多出 Found in count")
