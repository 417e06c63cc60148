"""From pools to shops: dedicated units, the mode, scarcity, holdback, cap, and the distinct stock."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inventory.supply.rules import NONE, Int64s, Ints, SupplyBlock, clip_to, total

from .modes import SPLITS
from .network import Dispatch, Member
from .pieces import Piece

Granted = tuple[Int64s, Ints]  # columns of the piece, units


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """What one share gets at a piece's columns."""

    member: Member
    granted: Granted | None
    allotted: Ints  # a: the part of the rest
    quantity: Ints  # q: what the pool shows the shop


def serve_pool(dispatch: Dispatch, piece: Piece) -> list[Served]:
    """What each share of a pool gets, in priority order."""
    members, pool = dispatch.members, piece.pool(dispatch.pool)
    if not members:
        return []
    rest, granted = _grant(members, pool, piece)
    parts = SPLITS[dispatch.mode](rest, members, piece)
    if dispatch.scarcity_at != NONE:
        scarce = pool <= clip_to(dispatch.scarcity_at, piece.kind)
        parts = [np.where(scarce, piece.nothing if order else rest, part) for order, part in enumerate(parts)]
    return [
        Served(member, given, part, _quantity(member, part, given, piece))
        for member, part, given in zip(members, parts, granted, strict=True)
    ]


def _grant(members: Sequence[Member], pool: Ints, piece: Piece) -> tuple[Ints, list[Granted | None]]:
    """The rest of the pool after each member, in order, took its dedicated units from it."""
    rest, granted = pool, list[Granted | None]()
    for member in members:
        part = piece.entries(member.dedicated) if member.dedicated else None
        if part is None:
            granted.append(None)
            continue
        rest = rest.copy() if rest is pool else rest
        columns, outstanding = part
        units = np.minimum(outstanding[0], rest[columns])
        rest[columns] -= units
        granted.append((columns, units))
    return rest, granted


def _quantity(member: Member, part: Ints, granted: Granted | None, piece: Piece) -> Ints:
    """What the pool shows the shop: granted + max(0, a - holdback), then at most the cap."""
    quantity = part
    if member.holdback:
        quantity = np.maximum(quantity - clip_to(member.holdback, piece.kind), 0)
    if granted is not None:
        quantity = quantity.copy() if quantity is part else quantity
        quantity[granted[0]] += granted[1]
    if member.cap != NONE:
        quantity = np.minimum(quantity, clip_to(member.cap, piece.kind))
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
