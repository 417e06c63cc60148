"""Which allocation strategy decides how each pool serves its shops."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from channels.allocation.rules import ALLOCATION, make_allocation
from channels.cascade.rules import Allocation, CascadeNetwork, Mode, Sales
from channels.figures.selectors import Beneath, load_grid, load_velocity
from core.bulk import Int64s, column_index
from inventory.supply.rules import NONE, Ints, find_columns
from strategies.selectors import Ruleset, decide_cells, load_rules

MOST_SOLD = 2**31 - 1  # of a SKU by all shops together, so that the engine's products are exact


@dataclass(frozen=True, slots=True, eq=False)
class Winners:
    """Which of the rules decides each cell."""

    rules: Ruleset
    sku_ids: Int64s  # [N] ascending
    winner: Ints  # [P, N] place in the rules, NONE for none

    def allocation(self, network: CascadeNetwork) -> Allocation:
        """It, as the engine takes it."""
        return make_allocation(network, dict(enumerate(self.rules.actions)), self.sku_ids, self.winner)

    def versions(self, sku_ids: Int64s) -> Int64s:
        """[P, len(sku_ids)] the ids of the versions that decide these SKUs, NONE for none."""
        at = np.searchsorted(self.sku_ids, sku_ids)
        versions: Int64s = np.array([*self.rules.version_ids, NONE], np.int64)[self.winner[:, at]]
        return versions


def load_winners(
    rules: Ruleset,
    pool_ids: tuple[int, ...],
    sku_ids: Int64s,
    now: datetime,
    *,
    beneath: Beneath | None = None,
    bundles: Int64s | None = None,
    everything: bool = False,
) -> Winners:
    """Who decides these pools for these SKUs (ascending; `everything` when they are all there are), as of `now`.

    Bundles aren't decided: they are shown as what their components allow.
    """
    winner = np.full((len(pool_ids), sku_ids.size), NONE, np.int32)
    if not rules.rules or not sku_ids.size:
        return Winners(rules, sku_ids, winner)
    grid = load_grid("pool", rules.facts, None if everything else sku_ids, now, beneath=beneath)
    if not grid.sku_ids.size:  # they have gone since they were read
        return Winners(rules, sku_ids, winner)
    cells = decide_cells(grid, rules)
    row_at = {pool: row for row, pool in enumerate(grid.place_ids)}
    at = find_columns(grid.sku_ids, sku_ids)
    for row, pool in enumerate(pool_ids):
        if pool in row_at:
            winner[row] = np.where(at == NONE, NONE, cells[row_at[pool]][at])
    if bundles is not None:
        winner[:, np.isin(sku_ids, bundles)] = NONE
    return Winners(rules, sku_ids, winner)


def wants_sales(network: CascadeNetwork, rules: Ruleset) -> bool:
    """Whether any pool is or may be divided by demand."""
    return Mode.DEMAND in network.modes or any(action.mode is Mode.DEMAND for action in rules.actions)


def load_sales(shop_ids: tuple[int, ...], sku_ids: Int64s | None = None) -> Sales:
    """What the shops have sold of these SKUs (all by default) in the last 30 days."""
    shops, skus, units = load_velocity(sku_ids)
    lookup = column_index(np.array(shop_ids, np.int64))
    shop = lookup[np.minimum(shops, lookup.size - 1)]
    known = shop != NONE
    return Sales(shop[known], skus[known], np.minimum(units[known], MOST_SOLD // max(1, len(shop_ids))))


def allocation_rules() -> Ruleset:
    """The allocation strategies in force."""
    return load_rules(ALLOCATION)
