"""Pure decisions about figures: what bundles have, how old stock is, which SKUs earn most.

N SKUs. Numbers that can't be said are EMPTY.
"""

import numpy as np
from numpy.typing import NDArray

from strategies.rules.shapes import EMPTY, Int64s

DAYS_7, DAYS_30 = 7, 30
FULL = 10_000  # basis points of 100 %


def divide(above: Int64s, below: Int64s) -> Int64s:
    """[N] floor(above / below); EMPTY where either isn't known, or `below` is not above 0."""
    known = (above != EMPTY) & (below != EMPTY) & (below > 0)
    return np.where(known, above // np.where(known, below, 1), EMPTY)


def margin(price: Int64s, cost: Int64s) -> Int64s:
    """[N] basis points of the price that are left after the cost, rounded down; EMPTY without both or for nothing."""
    known = (price != EMPTY) & (cost != EMPTY)
    return divide(np.where(known, (price - np.where(known, cost, 0)) * FULL, EMPTY), price)


def velocity(sold: Int64s, days: int) -> Int64s:
    """[N] hundredths of a unit per day, rounded down."""
    return sold * 100 // days


def days_of_cover(free: Int64s, sold_30: Int64s) -> Int64s:
    """[N] tenths of days that the free stock lasts at the velocity of 30 days; EMPTY when nothing is sold."""
    return divide(free * (DAYS_30 * 10), sold_30)


def sell_through(free: Int64s, sold_30: Int64s) -> Int64s:
    """[N] basis points of what there was to sell in 30 days that is sold; EMPTY where there was nothing."""
    return divide(sold_30 * FULL, sold_30 + free)


def fill_bundles(quantity: Int64s, sku_ids: Int64s, bundles: tuple[Int64s, Int64s, Int64s]) -> None:
    """Put into the columns of bundles how often their scarcest component is there: [rows, N], in place.

    `bundles` are bundle ids, component ids and quantities, a part each. Components that are no column count as 0.
    """
    bundle_ids, component_ids, units = bundles
    at, here = _find(sku_ids, bundle_ids)
    parts = np.flatnonzero(here)
    if not parts.size:
        return
    parts = parts[np.argsort(at[parts], kind="stable")]
    component, known = _find(sku_ids, component_ids[parts])
    columns, starts = np.unique(at[parts], return_index=True)
    for row in quantity:  # a row at a time: all at once would copy the whole
        sets = np.where(known, row[component], 0) // units[parts]
        row[columns] = np.minimum.reduceat(sets, starts)


def _find(ids: Int64s, wanted: Int64s) -> tuple[Int64s, np.ndarray]:
    """The places of ids among ascending ones, and which of them are there."""
    if not ids.size:
        return np.zeros(wanted.size, np.int64), np.zeros(wanted.size, bool)
    at = np.minimum(np.searchsorted(ids, wanted), ids.size - 1)
    return at, ids[at] == wanted


def average_arrival(at: Int64s, day: Int64s, units: Int64s, on_hand: Int64s) -> Int64s:
    """[N] the day on which what is on hand came in, on average by units, rounded up; EMPTY with nothing on hand.

    Units that came in are an entry per SKU (its place in `on_hand`) and day. They leave in the order in which they
    came, so what is left came last.
    """
    order = np.lexsort((-day, at))
    at, day, units = at[order], day[order], units[order]
    running = np.cumsum(units)
    first = np.searchsorted(at, at)
    later = running - units - (running - units)[first]
    left = np.clip(on_hand[at] - later, 0, units)
    total, weighted = np.zeros_like(on_hand), np.zeros_like(on_hand)
    np.add.at(total, at, left)
    np.add.at(weighted, at, left * day)
    arrived = divide(-weighted, total)
    return np.where(arrived == EMPTY, EMPTY, -arrived)


def classify(revenue: NDArray[np.float64]) -> Int64s:
    """[N] 0, 1 or 2 for the classes A, B and C.

    By falling revenue, a SKU is in A while those before it make less than 80% of the whole, then in B up to 95%; who
    earns nothing is in C.
    """
    order = np.argsort(-revenue, kind="stable")
    before = np.cumsum(revenue[order]) - revenue[order]
    whole = revenue.sum()
    ranks = np.where(before < whole * 0.8, 0, np.where(before < whole * 0.95, 1, 2))
    classes = np.empty(revenue.size, np.int64)
    classes[order] = np.where(revenue[order] > 0, ranks, 2)
    return classes
