"""Which members each pool serves, in which order and how, for the columns of one computation."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np

from inventory.supply.rules import NONE, Int64s, Ints, Sparse, SupplyBlock, find_columns

from .network import Allocation, CascadeNetwork, Dispatch, Member, Mode
from .pieces import Piece


class DispatchPlan:
    """The pools' own ways to serve their shops, and those that rules have chosen for some columns."""

    def __init__(self, network: CascadeNetwork, sku_ids: Int64s) -> None:
        self._dedicated = _dedicated(network, sku_ids) if len(network.dedicated.share) else {}
        self._sold = _sold(network, sku_ids) if len(network.sales.shop) else {}
        self._winner = _winners(network.allocation, sku_ids)
        self._variants = network.allocation.variants
        self._equipped: dict[tuple[int, int], Dispatch] = {}
        own = find_dispatches(network)
        self.pools = [self._equip(dispatch) for dispatch in own] if self._dedicated or self._sold else own

    def ways(self, block: SupplyBlock) -> Iterator[tuple[Dispatch, Piece]]:
        """Every pool's ways to serve its shops, each with the columns it counts for."""
        whole = Piece(block)
        for dispatch in self.pools:
            if self._winner is None or not dispatch.members:
                yield dispatch, whole
                continue
            winner = self._winner[dispatch.pool, block.low : block.high]
            if (winner == winner[0]).all():
                yield self._find(dispatch, int(winner[0])), whole
                continue
            order = np.argsort(winner, kind="stable")
            starts = np.flatnonzero(np.diff(winner[order])) + 1
            for columns in np.split(order, starts):
                yield self._find(dispatch, int(winner[columns[0]])), Piece(block, columns)

    def _find(self, dispatch: Dispatch, rule: int) -> Dispatch:
        """How a pool serves its shops where the rule decides it."""
        if rule == NONE:
            return dispatch
        key = dispatch.pool, rule
        if key not in self._equipped:
            self._equipped[key] = self._equip(self._variants[key])
        return self._equipped[key]

    def _equip(self, dispatch: Dispatch) -> Dispatch:
        """With what is known of the members at the columns."""
        members = [
            replace(member, dedicated=self._dedicated.get(member.share), sold=self._sold.get(member.shop))
            for member in dispatch.members
        ]
        return replace(dispatch, members=tuple(members))


def find_dispatches(network: CascadeNetwork) -> list[Dispatch]:
    """The pools with their active shares in priority order, by their own settings."""
    found = _OWN.get(network)
    if found is None:
        found = _OWN[network] = _plan_own(network)
    return found


def in_order(members: Iterable[Member], shops: Sequence[str]) -> tuple[Member, ...]:
    """The members by priority, ties by the codes of their shops."""
    return tuple(sorted(members, key=lambda member: (member.priority, shops[member.shop])))


def _plan_own(network: CascadeNetwork) -> list[Dispatch]:
    shares = network.shares
    members: list[list[Member]] = [[] for _ in network.modes]
    for share in np.flatnonzero(shares.active).tolist():
        members[shares.pool[share]].append(
            Member(
                share=share,
                shop=int(shares.shop[share]),
                ratio=int(shares.ratio[share]),
                holdback=int(shares.holdback[share]),
                cap=int(shares.cap[share]),
                priority=int(shares.priority[share]),
                home=int(shares.home_supply[share]),
            )
        )
    return [
        Dispatch(pool, mode, int(network.scarcity_at[pool]), in_order(members[pool], network.shops))
        for pool, mode in enumerate(network.modes)
    ]


# Reservations compute a few columns of one network thousands of times a second.
_OWN: "WeakKeyDictionary[CascadeNetwork, list[Dispatch]]" = WeakKeyDictionary()


def _winners(allocation: Allocation, sku_ids: Int64s) -> Ints | None:
    """[P, S] the rule that decides each pool at each column, None when no rule decides anything."""
    if not allocation.variants:
        return None
    at = find_columns(np.asarray(allocation.sku_id, np.int64), sku_ids)
    return np.where(at == NONE, NONE, allocation.winner[:, at])


def _dedicated(network: CascadeNetwork, sku_ids: Int64s) -> dict[int, Sparse]:
    """By share: the outstanding dedicated units at their columns."""
    entries = network.dedicated
    columns = find_columns(sku_ids, np.asarray(entries.sku_id, np.int64))
    counted = (columns != NONE) & (np.asarray(entries.outstanding) > 0)
    found = {}
    for share in np.unique(np.asarray(entries.share)[counted]).tolist():
        of_share = counted & (entries.share == share)
        at, where = np.unique(columns[of_share], return_inverse=True)
        units = np.zeros((1, at.size), np.int64)
        np.add.at(units[0], where, entries.outstanding[of_share])
        found[share] = Sparse(at, units)
    return found


def _sold(network: CascadeNetwork, sku_ids: Int64s) -> dict[int, Ints]:
    """By shop: [S] the units sold at every column."""
    modes = {*network.modes, *(variant.mode for variant in network.allocation.variants.values())}
    if Mode.DEMAND not in modes:
        return {}
    entries, size = network.sales, sku_ids.size
    columns = find_columns(sku_ids, np.asarray(entries.sku_id, np.int64))
    known = columns != NONE
    shops, row = np.unique(np.asarray(entries.shop)[known], return_inverse=True)
    sold = np.zeros(shops.size * size, np.int64)
    np.add.at(sold, row * size + columns[known], np.asarray(entries.units, np.int64)[known])
    return dict(zip(shops.tolist(), sold.reshape(-1, size), strict=True)) if shops.size else {}
