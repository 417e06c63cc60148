"""Which sync strategy decides a listing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from channels.sync.rules.policies import Verdict
from core.bulk import Int64s
from inventory.supply.rules import NONE
from strategies.rules import Matcher, decide
from strategies.rules.shapes import Column, Grid

SYNC: Final = "sync"  # the kind of strategy
WHOLE: Final = 0  # in place of a SKU on the record of decisions: a listing is decided as a whole
SHOP_QUANTITY: Final = "shop_quantity"  # the fact


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """The sync strategies in force, in order, and the facts they are judged by: places are shops.

    The shop quantities among the facts must be given before anything is decided.
    """

    matchers: Sequence[Matcher] = ()
    verdicts: Sequence[Verdict] = ()
    version_ids: Sequence[int] = ()
    grid: Grid | None = None  # None without strategies

    def with_cells(self, shop_ids: Int64s, sku_ids: Int64s, quantity: Int64s) -> "Judge":
        """It, judging by the shop quantities of these cells [N] (NONE among the SKUs is passed over), and no others."""
        if self.grid is None or not self._asks_quantity():
            return self
        judged = np.flatnonzero(sku_ids != NONE)
        units = np.zeros((len(self.grid.place_ids), self.grid.sku_ids.size), np.int64)
        units[_find_cells(self.grid, shop_ids[judged], sku_ids[judged])] = quantity[judged]
        return replace(self, grid=_with_quantity(self.grid, units))

    def with_quantities(self, shop_ids: Sequence[int], sku_ids: Int64s, quantity: Int64s) -> "Judge":
        """It, judging by these shop quantities [shops, SKUs]; the SKUs ascend and hold all that are judged."""
        if self.grid is None or not self._asks_quantity():
            return self
        row = {shop: at for at, shop in enumerate(shop_ids)}
        rows = np.array([row[shop] for shop in self.grid.place_ids], np.int64)
        units = quantity[np.ix_(rows, np.searchsorted(sku_ids, self.grid.sku_ids))]
        return replace(self, grid=_with_quantity(self.grid, units))

    def decide(self, shop_ids: Int64s, sku_ids: Int64s) -> Int64s:
        """[N] which strategy decides each cell (shop, SKU), NONE for none and where there is no SKU."""
        winner = np.full(shop_ids.size, NONE, np.int64)
        judged = np.flatnonzero(sku_ids != NONE)
        if judged.size and self.grid is not None:
            cells = decide(self.matchers, self.grid)
            winner[judged] = cells[_find_cells(self.grid, shop_ids[judged], sku_ids[judged])]
        return winner

    def versions(self, winner: Int64s) -> Int64s:
        """[N] the ids of the versions that decide, NONE for none."""
        return np.array([*self.version_ids, NONE], np.int64)[winner]

    def _asks_quantity(self) -> bool:
        return any(SHOP_QUANTITY in matcher.facts for matcher in self.matchers)


def _with_quantity(grid: Grid, units: Int64s) -> Grid:
    return replace(grid, columns={**grid.columns, SHOP_QUANTITY: Column(units)})


def _find_cells(grid: Grid, shop_ids: Int64s, sku_ids: Int64s) -> tuple[Int64s, Int64s]:
    """Rows and columns of the grid."""
    shops = np.array(grid.place_ids, np.int64)
    by_id = np.argsort(shops)
    return by_id[np.searchsorted(shops, shop_ids, sorter=by_id)], np.searchsorted(grid.sku_ids, sku_ids)
