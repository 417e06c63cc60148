"""The engine's numbers for the states that SKUs go through while a batch is judged."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from channels.cascade.rules import Allocation, CascadeNetwork, Dedicated, Sales, compute
from channels.reservations.rules.view import View
from inventory.supply.rules import NONE, Int64s, Stock


class Column(NamedTuple):
    """One state of a SKU: units by row, the dedicated units left as (pool, shop, units), and who decides its pools."""

    sku_id: int
    category: int
    free: Sequence[int]
    safety: Sequence[int]
    dedicated: tuple[tuple[int, int, int], ...] = ()
    winner: tuple[int, ...] = ()  # the rule that decides each pool, empty for none
    sold: tuple[tuple[int, int], ...] = ()  # (shop, units)


class Block:
    """What the engine says about some columns; `asked` are the columns of which each shop will want the rooms."""

    def __init__(self, view: View, columns: Sequence[Column], asked: Mapping[int, Sequence[int]]) -> None:
        stock = Stock(
            sku_ids=np.arange(len(columns)),
            free=_by_row([column.free for column in columns]),
            safety=_by_row([column.safety for column in columns]),
            category=np.array([c.category for c in columns], np.int64) if view.by_category else None,
        )
        result = compute(_network_of(view, columns), stock, sources=True)
        if result.sources is None:
            raise ValueError("the sources that were asked for are missing")
        self._view = view
        self._shop = result.shop
        self._supply = result.sources
        self._asked = asked
        self._rooms: dict[int, dict[int, list[int]]] = {}
        self._quantities: dict[int, list[int]] = {}

    def quantity(self, shop: int, column: int) -> int:
        """What the shop may sell."""
        found = self._quantities.get(shop)
        if found is None:
            found = self._quantities[shop] = self._shop[shop].tolist()
        return found[column]

    def rooms(self, shop: int, column: int) -> list[int]:
        """[F] the units of each row that the shop's pools give it: min(atp, sum of the sources); the caller's own."""
        known = self._rooms.get(shop)
        if known is None:
            columns = self._asked.get(shop, [])
            known = self._rooms[shop] = dict(zip(columns, self._find_rooms(shop, columns), strict=True))
        found = known.get(column)
        return found.copy() if found is not None else self._find_rooms(shop, [column])[0]

    def _find_rooms(self, shop: int, columns: Sequence[int]) -> list[list[int]]:
        pools = self._view.entitled.get(shop, [])
        sources = self._supply.source[np.ix_(pools, range(len(self._supply.atp)), columns)].sum(axis=0)
        rooms: list[list[int]] = np.minimum(self._supply.atp[:, columns], sources).T.tolist()
        return rooms


def _by_row(units: Sequence[Sequence[int]]) -> Int64s:
    return np.ascontiguousarray(np.array(units, np.int64).T)


def _network_of(view: View, columns: Sequence[Column]) -> CascadeNetwork:
    """The view's network, with what it says about single SKUs said about their columns."""
    network = view.network
    if network.supply.overrides:
        own = [
            replace(override, sku_id=at)
            for at, column in enumerate(columns)
            for override in view.overridden.get(column.sku_id, ())
        ]
        network = replace(network, supply=replace(network.supply, overrides=(*view.category_overrides, *own)))
    rows = [
        (share, at, units)
        for at, column in enumerate(columns)
        for pool, shop, units in column.dedicated
        if (share := view.share_at.get((pool, shop), NONE)) != NONE
    ]
    if rows:
        table = np.array(rows, np.int64)
        network = replace(network, dedicated=Dedicated(table[:, 0], table[:, 1], table[:, 2]))
    if view.rules is not None:
        network = replace(network, allocation=_allocation(view, columns))
    if view.by_demand:
        sold = [(shop, at, units) for at, column in enumerate(columns) for shop, units in column.sold]
        table = np.array(sold, np.int64).reshape(-1, 3)
        network = replace(network, sales=Sales(table[:, 0], table[:, 1], table[:, 2]))
    return network


def _allocation(view: View, columns: Sequence[Column]) -> Allocation:
    none = (NONE,) * len(view.pool_ids)
    winner = _by_row([column.winner or none for column in columns])
    cells = {(pool, rule) for pool, row in enumerate(winner.tolist()) for rule in set(row) if rule != NONE}
    if not cells:
        return Allocation()
    return Allocation(np.arange(len(columns)), winner, {cell: view.variant(*cell) for cell in cells})
