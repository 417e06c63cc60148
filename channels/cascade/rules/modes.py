"""How the rest of a pool is divided among its shares, in priority order, for a piece of a block's columns.

Every function takes the rest [n] and the members in priority order and gives each member's part
[n]. A part may be the rest itself: nothing here is changed in place once it has a name.
"""

from collections.abc import Callable, Sequence

import numpy as np

from inventory.supply.rules import FULL, NONE, Bools, Int64s, Ints, share_of, total

from .network import Member, Mode
from .pieces import Piece

Split = Callable[[Ints, Sequence[Member], Piece], list[Ints]]


def split_shared(rest: Ints, members: Sequence[Member], piece: Piece) -> list[Ints]:
    """Each share by itself; the sum may pass the rest."""
    return [share_of(rest, member.ratio) for member in members]


def split_priority(rest: Ints, members: Sequence[Member], piece: Piece) -> list[Ints]:
    """One after another, each from what is left."""
    left, parts = rest, []
    for member in members:
        parts.append(np.minimum(left, share_of(rest, member.ratio)))
        left = left - parts[-1]
    return parts


def split_depth(rest: Ints, members: Sequence[Member], piece: Piece) -> list[Ints]:
    """One after another, by the quantity of the home supply, most first, ties in priority order.

    What is left for a share is the rest less all that the shares before it want, so only the sum of
    those wants is needed, and it is gathered home by home: no sorting per column.
    """
    homes = list(dict.fromkeys(member.home for member in members))
    if len(homes) == 1:
        return split_priority(rest, members, piece)
    depth = {home: piece.nothing if home == NONE else piece.supply(home) for home in homes}
    wants = [share_of(rest, member.ratio) for member in members]
    wanted = {home: total([w for w, m in zip(wants, members, strict=True) if m.home == home], rest) for home in homes}
    before = {home: total([wanted[o] * (depth[o] > depth[home]) for o in homes if o != home], rest) for home in homes}
    level = {(o, home): depth[o] == depth[home] for o in homes for home in homes if o != home}
    parts = []
    for member, want in zip(members, wants, strict=True):
        parts.append(np.minimum(want, np.maximum(rest - before[member.home], 0)))
        for home in homes:
            counts = want if home == member.home else want * level[member.home, home]
            before[home] = before[home] + counts
    return parts


def split_proportional(rest: Ints, members: Sequence[Member], piece: Piece) -> list[Ints]:
    """The total of the ratios, at most 100 %, split by largest remainder, ties in priority order."""
    ratios = [member.ratio for member in members]
    whole = sum(ratios)
    if whole == 0:
        return [piece.nothing for _ in members]
    target = share_of(rest, min(FULL, whole))
    products = [target * ratio for ratio in ratios]
    parts = [product // whole for product in products]
    short = target - total(parts, rest)
    at = np.flatnonzero(short)
    if at.size:
        remainders = np.stack([p[at] - part[at] * whole for p, part in zip(products, parts, strict=True)], axis=1)
        for part, chosen in zip(parts, _largest(remainders, short[at]), strict=True):
            part[at] += chosen
    return parts


def split_demand(rest: Ints, members: Sequence[Member], piece: Piece) -> list[Ints]:
    """The total of the ratios, at most 100 %, split by what the shops have sold, ties in priority order.

    A ratio of 0 takes its shop out. Where none of them has sold anything: by the ratios.
    """
    parts = split_proportional(rest, members, piece)
    buyers = {order: piece.own(m.sold) for order, m in enumerate(members) if m.ratio and m.sold is not None}
    if not buyers:
        return parts
    sold = np.stack(list(buyers.values())).astype(np.int64)
    whole = sold.sum(axis=0)
    at = np.flatnonzero(whole)
    target = share_of(rest, min(FULL, sum(member.ratio for member in members)))[at].astype(np.int64)
    dealt = dict(zip(buyers, _deal(target, sold[:, at], whole[at]), strict=True))
    for order, part in enumerate(parts):
        part[at] = dealt.get(order, 0)
    return parts


def _deal(target: Int64s, weights: Int64s, whole: Int64s) -> Int64s:
    """[N, n] the targets [n] split in proportion to the weights [N, n], which add up to `whole`, by largest remainder.

    Exact for every target as long as `whole` is below 2 ** 31: the product is taken of the target's rest alone.
    """
    each, left = np.divmod(target, whole)
    more, remainders = np.divmod(left * weights, whole)
    parts: Int64s = each * weights + more
    short = target - parts.sum(axis=0)
    at = np.flatnonzero(short)
    parts[:, at] += _largest(remainders[:, at].T, short[at])
    return parts


def _largest(remainders: Ints, count: Ints) -> Int64s:
    """[N, n] 1 for the `count` [n] largest of each row of remainders [n, N], earlier ones first."""
    size = remainders.shape[1]
    # One number per remainder that is distinct and ranks as (remainder, earlier member) does.
    keys = remainders.astype(np.int64) * size + np.arange(size - 1, -1, -1)
    ranked = np.sort(keys, axis=1)
    least = np.take_along_axis(ranked, (size - count.astype(np.int64))[:, None], axis=1)
    chosen: Bools = keys >= least
    return chosen.T.astype(np.int64)


SPLITS: dict[Mode, Split] = {
    Mode.SHARED: split_shared,
    Mode.PRIORITY: split_priority,
    Mode.DEPTH: split_depth,
    Mode.PROPORTIONAL: split_proportional,
    Mode.DEMAND: split_demand,
}
