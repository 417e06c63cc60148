"""From pools to shops: dedicated units, the mode, scarcity, holdback, cap, and the distinct stock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from inventory.supply.rules import (
    NONE,
    Int64s,
    Ints,
    Sparse,
    SupplyBlock,
    clip_to,
    find_columns,
    total,
)

from .modes import SPLITS, Member
from .network import CascadeNetwork, Mode

Granted = tuple[Int64s, Ints]  # columns of the block, units


@dataclass(frozen=True, slots=True, eq=False)
class Dispatch:
    """How one pool serves its shops."""

    pool: int
    mode: Mode
    scarcity_at: int
    members: tuple[Member, ...]  # in priority order


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """What one share gets at a block's columns."""

    member: Member
    granted: Granted | None
    allotted: Ints  # a: the part of the rest
    quantity: Ints  # q: what the pool shows the shop


def plan_dispatch(network: CascadeNetwork, sku_ids: Int64s) -> list[Dispatch]:
    """The pools with their active shares in priority order."""
    plain = _PLAIN.get(network)
    if plain is None:
        plain = _PLAIN[network] = _plan_plain(network)
    if not len(network.dedicated.share):
        return plain
    dedicated = _dedicated(network, sku_ids)
    return [
        replace(
            dispatch,
            members=tuple([replace(member, dedicated=dedicated.get(member.share)) for member in dispatch.members]),
        )
        for dispatch in plain
    ]


def _plan_plain(network: CascadeNetwork) -> list[Dispatch]:
    """As if nothing was dedicated to anybody."""
    shares = network.shares
    members: list[list[Member]] = [[] for _ in network.modes]
    for share in sorted(np.flatnonzero(shares.active).tolist(), key=lambda i: _rank(network, i)):
        members[shares.pool[share]].append(
            Member(
                share=share,
                shop=int(shares.shop[share]),
                ratio=int(shares.ratio[share]),
                holdback=int(shares.holdback[share]),
                cap=int(shares.cap[share]),
                home=int(shares.home_supply[share]),
                dedicated=None,
            )
        )
    return [
        Dispatch(pool, mode, int(network.scarcity_at[pool]), tuple(members[pool]))
        for pool, mode in enumerate(network.modes)
    ]


# Reservations compute a few columns of one network thousands of times a second.
_PLAIN: "WeakKeyDictionary[CascadeNetwork, list[Dispatch]]" = WeakKeyDictionary()


def _rank(network: CascadeNetwork, share: int) -> tuple[int, str]:
    return int(network.shares.priority[share]), network.shops[network.shares.shop[share]]


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


def serve_pool(dispatch: Dispatch, block: SupplyBlock) -> list[Served]:
    """What each share of a pool gets, in priority order."""
    members, pool = dispatch.members, block.pools[dispatch.pool]
    if not members:
        return []
    rest, granted = _grant(members, pool, block)
    parts = SPLITS[dispatch.mode](rest, members, block)
    if dispatch.scarcity_at != NONE:
        scarce = pool <= clip_to(dispatch.scarcity_at, block.kind)
        parts = [np.where(scarce, block.nothing if order else rest, part) for order, part in enumerate(parts)]
    return [
        Served(member, given, part, _quantity(member, part, given, block))
        for member, part, given in zip(members, parts, granted, strict=True)
    ]


def _grant(members: Sequence[Member], pool: Ints, block: SupplyBlock) -> tuple[Ints, list[Granted | None]]:
    """The rest of the pool after each member, in order, took its dedicated units from it."""
    rest, granted = pool, list[Granted | None]()
    for member in members:
        part = member.dedicated.within(block.low, block.high) if member.dedicated else None
        if part is None:
            granted.append(None)
            continue
        rest = rest.copy() if rest is pool else rest
        columns, outstanding = part
        units = np.minimum(outstanding[0], rest[columns])
        rest[columns] -= units
        granted.append((columns, units))
    return rest, granted


def _quantity(member: Member, part: Ints, granted: Granted | None, block: SupplyBlock) -> Ints:
    """What the pool shows the shop: granted + max(0, a - holdback), then at most the cap."""
    quantity = part
    if member.holdback:
        quantity = np.maximum(quantity - clip_to(member.holdback, block.kind), 0)
    if granted is not None:
        quantity = quantity.copy() if quantity is part else quantity
        quantity[granted[0]] += granted[1]
    if member.cap != NONE:
        quantity = np.minimum(quantity, clip_to(member.cap, block.kind))
    return quantity


def stock_beneath(pools: Sequence[int], block: SupplyBlock) -> Ints:
    """[n] the distinct stock the pools can reach: per functional warehouse never above its atp."""
    rows = dict.fromkeys(row for pool in pools for row in block.sources[pool])
    return total([_reach(row, pools, block) for row in rows], block.nothing)


def _reach(row: int, pools: Sequence[int], block: SupplyBlock) -> Ints:
    atp = block.rows[row]
    parts = [block.sources[pool][row] for pool in pools if row in block.sources[pool]]
    if any(part is atp for part in parts):
        return atp
    return parts[0] if len(parts) == 1 else np.minimum(total(parts, atp), atp)
