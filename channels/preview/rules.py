"""Compares the numbers before and after an edit.

D shops, S SKU columns, N listings; quantities are units.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from channels.cascade.rules import CascadeNetwork, CascadeResult, compute
from channels.sync.rules import (
    Judge,
    Layers,
    Parts,
    apply_policies,
    choose_policies,
    decide_updates,
    listing_quantities,
)
from inventory.supply.rules import Bools, Int64s, Stock, SupplyPlan

MOST_SKUS = 50
LAYERS = ("available", "supply", "pool", "shop", "listing")


@dataclass(frozen=True, slots=True, eq=False)
class ListingRows:
    """The open listings of the touched SKUs: [N] ascending by id, their parts, and who decides them."""

    ids: Int64s
    shop_ids: Int64s
    shop: Int64s  # [N] row of the shop
    main_skus: Int64s  # [N] what strategies judge them by
    increase_only: Bools  # by their own flag
    layers: Layers
    judge: Judge
    parts: Parts


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What the numbers are computed from, on one side of the edit."""

    network: CascadeNetwork
    stock: Stock
    shop_ids: tuple[int, ...]  # [D]
    touched: Int64s  # ids of the SKUs the edit touches; others may be among the columns
    listings: ListingRows


@dataclass(frozen=True, slots=True)
class Change:
    """A number before and after; None where the thing isn't there."""

    code: str
    before: int | None
    after: int | None

    @property
    def difference(self) -> int:
        """Units more; negative for fewer."""
        return (self.after or 0) - (self.before or 0)


@dataclass(frozen=True, slots=True)
class LayerChange:
    """A layer's total over the touched SKUs, and the places of it that change."""

    layer: str  # one of LAYERS
    before: int
    after: int
    places: tuple[Change, ...]

    @property
    def difference(self) -> int:
        """Units more; negative for fewer."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class SkuChange:
    """A SKU and the shops whose numbers of it change."""

    sku_id: int
    difference: int
    shops: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """What an edit would change."""

    skus: int  # SKUs the edit touches
    numbers: int  # shop numbers that change
    numbers_to_zero: int
    listings: int  # published numbers that change
    listings_to_zero: int
    listings_waiting: int  # decreases that increase-only listings hold back
    opened: int  # listings that would publish again
    closed: int  # listings that would publish no more
    broken: int
    layers: tuple[LayerChange, ...]
    most: tuple[SkuChange, ...]  # the SKUs that change most, at most MOST_SKUS


@dataclass(frozen=True, slots=True, eq=False)
class _Published:
    """What [N] listings should publish; those that a strategy pauses are not among them."""

    ids: Int64s
    shop: Int64s  # [N] row of the shop
    number: Int64s
    increase_only: Bools
    broken: int  # listings that are left out because their sync policy can't be applied


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    state: State
    result: CascadeResult
    listings: _Published
    columns: Int64s  # the columns both sides have


def compare_states(before: State, after: State) -> Effect:
    """Compute both sides with the one engine and compare them over the SKUs both have."""
    both = np.intersect1d(np.asarray(before.stock.sku_ids, np.int64), after.stock.sku_ids)
    common: Int64s = np.intersect1d(both, np.union1d(before.touched, after.touched)).astype(np.int64)
    old, new = _compute(before, common), _compute(after, common)
    shops = [shop for shop in before.shop_ids if shop in set(after.shop_ids)]
    quantity = [_rows(side, shops) for side in (old, new)]
    changed = quantity[0] != quantity[1]
    listings = _compare_listings(old, new)
    return Effect(
        skus=int(common.size),
        numbers=int(changed.sum()),
        numbers_to_zero=int(((quantity[0] > 0) & (quantity[1] == 0)).sum()),
        listings=listings["changed"],
        listings_to_zero=listings["to_zero"],
        listings_waiting=listings["waiting"],
        opened=listings["opened"],
        closed=listings["closed"],
        broken=new.listings.broken,
        layers=_layers(old, new),
        most=_most_changed(common, _codes(after, shops), *quantity),
    )


def _compute(state: State, common: Int64s) -> _Side:
    result = compute(state.network, state.stock)
    columns = np.flatnonzero(np.isin(state.stock.sku_ids, common))
    return _Side(state, result, _publish(state, result), columns)


def _publish(state: State, result: CascadeResult) -> _Published:
    listings = state.listings
    judge = listings.judge.with_quantities(state.shop_ids, np.asarray(state.stock.sku_ids, np.int64), result.shop)
    chosen = choose_policies(listings.layers, judge.verdicts, judge.decide(listings.shop_ids, listings.main_skus))
    q0 = listing_quantities(result.shop, listings.parts, listings.ids.size)
    number = apply_policies(q0, chosen.policies, chosen.policy)
    kept = ~chosen.paused
    kept[list(chosen.broken)] = False
    return _Published(
        ids=listings.ids[kept],
        shop=listings.shop[kept],
        number=number[kept],
        increase_only=(listings.increase_only | chosen.increase_only)[kept],
        broken=len(chosen.broken),
    )


def _rows(side: _Side, shops: Sequence[int]) -> Int64s:
    """[len(shops), common columns] the shop quantities."""
    at = [side.state.shop_ids.index(shop) for shop in shops]
    rows: Int64s = side.result.shop[at][:, side.columns]
    return rows


def _codes(state: State, shops: Sequence[int]) -> list[str]:
    return [state.network.shops[state.shop_ids.index(shop)] for shop in shops]


def _most_changed(sku_ids: Int64s, codes: Sequence[str], before: Int64s, after: Int64s) -> tuple[SkuChange, ...]:
    weight = np.abs(after - before).sum(axis=0)
    order = np.argsort(-weight, kind="stable")[:MOST_SKUS]
    return tuple(
        SkuChange(
            sku_id=int(sku_ids[column]),
            difference=int(after[:, column].sum() - before[:, column].sum()),
            shops=tuple(
                Change(codes[row], int(before[row, column]), int(after[row, column]))
                for row in np.flatnonzero(before[:, column] != after[:, column]).tolist()
            ),
        )
        for column in order[weight[order] > 0].tolist()
    )


def _compare_listings(old: _Side, new: _Side) -> dict[str, int]:
    before, after = old.listings, new.listings
    both, at, to = np.intersect1d(before.ids, after.ids, return_indices=True)
    shown, wanted = before.number[at], after.number[to]
    held = after.increase_only[to]
    target = decide_updates(wanted, shown, paused=np.zeros(both.size, bool), increase_only=held).target
    return {
        "changed": int((target != shown).sum()),
        "to_zero": int(((shown > 0) & (target == 0)).sum()),
        "waiting": int((target != wanted).sum()),
        "opened": int(after.ids.size - both.size),
        "closed": int(before.ids.size - both.size),
    }


def _layers(old: _Side, new: _Side) -> tuple[LayerChange, ...]:
    before, after = _totals(old), _totals(new)
    return tuple(_layer(layer, before[layer], after[layer]) for layer in LAYERS)


def _layer(layer: str, before: Mapping[str, int], after: Mapping[str, int]) -> LayerChange:
    places = tuple(
        Change(code, before.get(code), after.get(code))
        for code in sorted(before.keys() | after.keys())
        if before.get(code) != after.get(code)
    )
    return LayerChange(layer, sum(before.values()), sum(after.values()), places)


def _totals(side: _Side) -> dict[str, Mapping[str, int]]:
    """By layer: the units of each of its places, over the touched SKUs."""
    network = side.state.network
    listed = np.zeros(len(network.shops), np.int64)
    np.add.at(listed, side.listings.shop, side.listings.number)
    available, supply, pool = _supply_totals(side)
    return {
        "available": dict(zip(network.supply.functionals.codes, available, strict=True)),
        "supply": dict(zip(network.supply.supplies.codes, supply, strict=True)),
        "pool": dict(zip(network.supply.pools.codes, pool, strict=True)),
        "shop": dict(zip(network.shops, side.result.shop[:, side.columns].sum(axis=1).tolist(), strict=True)),
        "listing": dict(zip(network.shops, listed.tolist(), strict=True)),
    }


def _supply_totals(side: _Side) -> tuple[list[int], list[int], list[int]]:
    """Available units, supplies and pools, block by block: the layers of all SKUs at once would fill the memory."""
    network = side.state.network.supply
    sizes = len(network.functionals.codes), len(network.supplies.codes), len(network.pools.codes)
    totals = tuple(np.zeros(size, np.int64) for size in sizes)
    for block in SupplyPlan(network, side.state.stock).blocks():
        inside = side.columns[(side.columns >= block.low) & (side.columns < block.high)] - block.low
        supplies = [block.supply(at) for at in range(sizes[1])]
        for total, rows in zip(totals, (block.rows, supplies, block.pools), strict=True):
            np.add(total, [int(row[inside].sum(dtype=np.int64)) for row in rows], out=total)
    return totals[0].tolist(), totals[1].tolist(), totals[2].tolist()
