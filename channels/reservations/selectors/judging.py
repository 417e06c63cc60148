"""Which allocation strategies decide the pools of the SKUs at hand, and what their shops have sold of them."""

from collections.abc import Mapping

import numpy as np
from django.utils import timezone

from channels.allocation.selectors import load_sales, load_winners
from channels.reservations.rules import SkuState, View
from inventory.supply.rules import NONE


def judge_states(view: View, states: Mapping[int, SkuState]) -> None:
    """Fill in who decides each SKU's pools at this moment, by the facts as they are now, and what has been sold.

    With the stock rows locked, facts of stock are as everybody has left them. The units that the batch itself takes
    move them, but not the winners of the batch.
    """
    sku_ids = np.array(sorted(states), np.int64)
    if view.rules is not None:
        winner = load_winners(view.rules, view.pool_ids, sku_ids, timezone.now()).winner
        for sku, rules in zip(sku_ids.tolist(), winner.T.tolist(), strict=True):
            states[sku].winner = tuple(rules) if max(rules, default=NONE) != NONE else ()
    if view.by_demand:
        sold: dict[int, list[tuple[int, int]]] = {}
        sales = load_sales(view.shop_ids, sku_ids)
        for shop, sku, units in zip(sales.shop.tolist(), sales.sku_id.tolist(), sales.units.tolist(), strict=True):
            sold.setdefault(sku, []).append((shop, units))
        for sku, parts in sold.items():
            states[sku].sold = tuple(parts)
