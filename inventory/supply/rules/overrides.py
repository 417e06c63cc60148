"""Which override of a link counts for a SKU: the SKU's own, then the nearest category's, then none."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import NONE, Int64s, Ints, Sparse, find_columns
from .network import LinkOverride, Stock, SupplyNetwork

RATIO, RESERVE, OVERRIDE = 0, 1, 2  # the rows of a link's exceptions


@dataclass(frozen=True, slots=True, eq=False)
class LinkSettings:
    """What each link applies to each SKU column, for explanations."""

    ratio: Int64s  # [L, S] basis points
    reserve: Int64s  # [L, S] units
    override: Int64s  # [L, S] index into the network's overrides, -1 where the link itself counts


def find_exceptions(network: SupplyNetwork, stock: Stock) -> dict[int, Sparse]:
    """By link: the columns where an override counts, with rows RATIO, RESERVE and OVERRIDE."""
    numbered: dict[int, list[tuple[int, LinkOverride]]] = defaultdict(list)
    for number, override in enumerate(network.overrides):
        numbered[override.link].append((number, override))
    found = {}
    for link, overrides in numbered.items():
        winners = _winning(overrides, network.category_parent, stock)
        columns = np.flatnonzero(winners != NONE)
        if columns.size:
            found[link] = Sparse(columns, _values(network, link, winners[columns]))
    return found


def find_settings(network: SupplyNetwork, stock: Stock) -> LinkSettings:
    """The ratio and reserve each link applies to each column, and the override they come from."""
    shape = (len(network.links.ratio), len(stock.sku_ids))
    ratio = np.empty(shape, np.int64)
    reserve = np.empty(shape, np.int64)
    ratio[:] = np.asarray(network.links.ratio)[:, None]
    reserve[:] = np.asarray(network.links.reserve)[:, None]
    override = np.full(shape, NONE, np.int64)
    for link, found in find_exceptions(network, stock).items():
        ratio[link, found.columns] = found.values[RATIO]
        reserve[link, found.columns] = found.values[RESERVE]
        override[link, found.columns] = found.values[OVERRIDE]
    return LinkSettings(ratio, reserve, override)


def _winning(overrides: list[tuple[int, LinkOverride]], parent: Ints, stock: Stock) -> Int64s:
    """[S] the number of the override that counts for each column, -1 for none."""
    winners = np.full(len(stock.sku_ids), NONE, np.int64)
    by_category = [(n, o.category) for n, o in overrides if o.category is not None]
    if by_category and stock.category is not None:
        nearest = _nearest(by_category, parent)
        known = np.flatnonzero(stock.category != NONE)
        winners[known] = nearest[stock.category[known]]
    by_sku = [(n, o.sku_id) for n, o in overrides if o.sku_id is not None]
    if by_sku:
        numbers, ids = np.array(by_sku, np.int64).T
        columns = find_columns(np.asarray(stock.sku_ids, np.int64), ids)
        winners[columns[columns != NONE]] = numbers[columns != NONE]
    return winners


def _nearest(by_category: Sequence[tuple[int, int]], parent: Ints) -> Int64s:
    """[C] the override of each category or of its nearest ancestor that has one, -1 for none."""
    nearest = np.full(len(parent), NONE, np.int64)
    for number, category in by_category:
        nearest[category] = number
    own = nearest.copy()
    above = np.array(parent, np.int64)
    for _ in range(len(parent)):  # a tree is never deeper; the bound keeps a broken one finite
        open_ = np.flatnonzero((nearest == NONE) & (above != NONE))
        if not open_.size:
            break
        nearest[open_] = own[above[open_]]
        above[open_] = np.asarray(parent)[above[open_]]
    return nearest


def _values(network: SupplyNetwork, link: int, winners: Int64s) -> Int64s:
    """[3, n] ratio, reserve and override per winner; what it doesn't name is the link's own."""
    overrides = network.overrides
    kinds, at = np.unique(winners, return_inverse=True)
    own_ratio, own_reserve = int(network.links.ratio[link]), int(network.links.reserve[link])
    ratios = [own_ratio if (r := overrides[k].ratio) is None else r for k in kinds]
    reserves = [own_reserve if (r := overrides[k].reserve) is None else r for k in kinds]
    return np.array([ratios, reserves, kinds], np.int64)[:, at]
