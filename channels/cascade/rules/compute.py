"""The one computation of every number between stock and shops."""

from dataclasses import dataclass
from itertools import groupby
from weakref import WeakKeyDictionary

import numpy as np

from inventory.supply.rules import (
    NONE,
    Int64s,
    Ints,
    Sources,
    Stock,
    SupplyBlock,
    SupplyPlan,
    SupplyResult,
    empty_result,
    empty_sources,
    find_columns,
    keep_block,
    keep_sources,
)

from .dispatch import Served, serve_pool, stock_beneath
from .network import Bundles, CascadeNetwork, Dispatch
from .plans import DispatchPlan


@dataclass(frozen=True, slots=True, eq=False)
class CascadeTrace:
    """Every number on the way, in units. Bundles hold no stock: their columns are 0 but in `shop`."""

    supply: SupplyResult  # atp, contribution, supply, source, pool
    granted: Int64s  # [H, S] dedicated units each share gets
    allotted: Int64s  # [H, S] a: the part of the rest by the pool's mode
    quantity: Int64s  # [H, S] q: granted + max(0, a - holdback), at most the cap
    beneath: Int64s  # [D, S] distinct stock beneath a shop of several pools, -1 for other shops


@dataclass(frozen=True, slots=True, eq=False)
class CascadeResult:
    shop: Int64s  # [D, S] what each shop may sell
    pool: Int64s | None  # [P, S] when asked for, or with the trace
    trace: CascadeTrace | None
    sources: Sources | None  # when asked for


def compute(
    network: CascadeNetwork, stock: Stock, *, trace: bool = False, pools: bool = False, sources: bool = False
) -> CascadeResult:
    """What every shop may sell of every SKU column of `stock`, in units.

    `trace` keeps every layer (F+L+U+P*F+P+3H+D rows of S 64-bit numbers); `pools` keeps the pools'
    quantities, `sources` what lies beneath them. ValueError when the arrays don't line up, or a
    bundle's component is not a column.
    """
    sku_ids = np.asarray(stock.sku_ids, np.int64)
    dispatches = DispatchPlan(network, sku_ids)
    crowd, several = _crowds(network, dispatches.pools)
    plan = SupplyPlan(network.supply, stock, factor=crowd)
    result = _empty(network, len(sku_ids), trace=trace, pools=pools, sources=sources)
    for block in plan.blocks():
        _serve_block(block, dispatches, several, result)
    if len(network.bundles.bundle_id):
        _fill_bundles(network.bundles, sku_ids, result.shop)
    return result


def _empty(network: CascadeNetwork, columns: int, *, trace: bool, pools: bool, sources: bool) -> CascadeResult:
    shares, shops = len(network.shares.shop), len(network.shops)
    kept = None
    if trace:
        kept = CascadeTrace(
            supply=empty_result(network.supply, columns),
            granted=np.zeros((shares, columns), np.int64),
            allotted=np.zeros((shares, columns), np.int64),
            quantity=np.zeros((shares, columns), np.int64),
            beneath=np.full((shops, columns), NONE, np.int64),
        )
    shape = (len(network.modes), columns)
    pool = kept.supply.pool if kept else np.zeros(shape, np.int64) if pools else None
    beneath = empty_sources(network.supply, columns) if sources else None
    return CascadeResult(np.zeros((shops, columns), np.int64), pool, kept, beneath)


_Several = dict[tuple[int, ...], list[int]]
# Reservations compute a few columns of one network thousands of times a second.
_CROWDS: "WeakKeyDictionary[CascadeNetwork, tuple[int, _Several]]" = WeakKeyDictionary()


def _crowds(network: CascadeNetwork, dispatches: list[Dispatch]) -> tuple[int, _Several]:
    """The most shops of one pool, and those that stand in several."""
    found = _CROWDS.get(network)
    if found is None:
        crowd = max((len(dispatch.members) for dispatch in dispatches), default=0)
        found = _CROWDS[network] = crowd, _shops_of_several(dispatches)
    return found


def _shops_of_several(dispatches: list[Dispatch]) -> _Several:
    """The shops that stand in several pools, by those pools."""
    stands = sorted((m.shop, d.pool) for d in dispatches for m in d.members)
    several: _Several = {}
    for shop, pairs in groupby(stands, key=lambda pair: pair[0]):
        pools = tuple(pool for _, pool in pairs)
        if len(pools) > 1:
            several.setdefault(pools, []).append(shop)
    return several


def _serve_block(
    block: SupplyBlock,
    dispatches: DispatchPlan,
    several: _Several,
    result: CascadeResult,
) -> None:
    columns = slice(block.low, block.high)
    if result.pool is not None:
        for pool, quantity in enumerate(block.pools):
            result.pool[pool, columns] = quantity
    for dispatch, piece in dispatches.ways(block):
        chosen = columns if piece.columns is None else piece.columns + block.low
        for served in serve_pool(dispatch, piece):
            _add(result.shop[served.member.shop], chosen, served.quantity)
            if result.trace is not None:
                _keep_served(result.trace, served, chosen)
    for pools, shops in several.items():
        beneath = stock_beneath(pools, block)
        for index in shops:
            shop = result.shop[index, columns]
            np.minimum(shop, beneath, out=shop)
            if result.trace is not None:
                result.trace.beneath[index, columns] = beneath
    if result.sources is not None:
        keep_sources(result.sources, block)
    if result.trace is not None:
        keep_block(result.trace.supply, block)


def _add(row: Int64s, columns: slice | Int64s, quantity: Ints) -> None:
    if isinstance(columns, slice):
        np.add(row[columns], quantity, out=row[columns])
    else:
        row[columns] += quantity


def _keep_served(trace: CascadeTrace, served: Served, columns: slice | Int64s) -> None:
    share = served.member.share
    trace.allotted[share, columns] = served.allotted
    trace.quantity[share, columns] = served.quantity
    if served.granted is not None:
        at, units = served.granted
        granted = np.zeros(served.allotted.size, np.int64)
        granted[at] = units
        trace.granted[share, columns] = granted


def _fill_bundles(bundles: Bundles, sku_ids: Int64s, shop: Int64s) -> None:
    """Show a bundle as often as its scarcest component allows."""
    at = find_columns(sku_ids, np.asarray(bundles.bundle_id, np.int64))
    parts = np.flatnonzero(at != NONE)
    if not parts.size:
        return
    parts = parts[np.argsort(at[parts], kind="stable")]
    components = find_columns(sku_ids, np.asarray(bundles.component_id, np.int64)[parts])
    if (components == NONE).any():
        missing = bundles.component_id[parts][components == NONE][0]
        raise ValueError(f"SKU {missing} is a bundle's component and must be computed with it")
    columns, starts = np.unique(at[parts], return_index=True)
    for row in shop:  # a shop at a time: all at once would copy the whole result
        sets = row[components] // np.asarray(bundles.quantity, np.int64)[parts]
        row[columns] = np.minimum.reduceat(sets, starts)
