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
    """The sync strategies in force, in order, and the facts they are judged by: places are shops."""

    matchers: Sequence[Matcher] = ()
    verdicts: Sequence[Verdict] = ()
    version_ids: Sequence[int] = ()
    grid: Grid | None = None  # None without strategies

    def with_quantities(self, shop_ids: Sequence[int], sku_ids: Int64s, quantity: Int64s) -> "Judge":
        """It, judging by these shop quantities [shops, SKUs]; the SKUs ascend and hold all that are judged."""
        if self.grid is None or not any(SHOP_QUANTITY in matcher.facts for matcher in self.matchers):
            return self
        row = {shop: at for at, shop in enumerate(shop_ids)}
        rows = np.array([row[shop] for shop in self.grid.place_ids], np.int64)
        cells = quantity[np.ix_(rows, np.searchsorted(sku_ids, self.grid.sku_ids))]
        return replace(self, grid=replace(self.grid, columns={**self.grid.columns, SHOP_QUANTITY: Column(cells)}))

    def decide(self, shop_ids: Int64s, sku_ids: Int64s) -> Int64s:
        """[N] which strategy decides each cell (shop, SKU), NONE for none and where there is no SKU."""
        winner = np.full(shop_ids.size, NONE, np.int64)
        judged = np.flatnonzero(sku_ids != NONE)
        if judged.size and self.grid is not None:
            cells = decide(self.matchers, self.grid)
            shops = np.array(self.grid.place_ids, np.int64)
            by_id = np.argsort(shops)
            rows = by_id[np.searchsorted(shops, shop_ids[judged], sorter=by_id)]
            winner[judged] = cells[rows, np.searchsorted(self.grid.sku_ids, sku_ids[judged])]
        return winner

    def versions(self, winner: Int64s) -> Int64s:
        """[N] the ids of the versions that decide, NONE for none."""
        return np.array([*self.version_ids, NONE], np.int64)[winner]
