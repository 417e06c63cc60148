"""The numbers of one side, before the edits or after them, as the one engine computes them.

P pools, D shops, S SKU columns, N listings; quantities are units; NONE (-1) stands for "none" in arrays.
"""

from dataclasses import dataclass

import numpy as np

from channels.cascade.rules import Bundles, CascadeNetwork, compute
from channels.preview.rules import ListingRows
from channels.sync.rules import Parts, apply_policies, choose_policies, listing_quantities
from core.bulk import INT32_MAX, Bools, Int64s
from inventory.supply.rules import Stock


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What all numbers are computed from, on one side of the edits."""

    network: CascadeNetwork
    stock: Stock
    shop_ids: tuple[int, ...]  # [D]
    allocated: Int64s  # [P, S] ids of the allocation versions that decide, NONE for none
    listings: ListingRows


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What counts of a state once it is computed; everything else of it may be forgotten."""

    sku_ids: Int64s  # [S] ascending
    shop_ids: tuple[int, ...]  # [D]
    shops: tuple[str, ...]  # [D] codes
    pools: tuple[str, ...]  # [P] codes
    shop: Int64s  # [D, S] what each shop may sell
    pool: Int64s  # [P, S]
    served: Bools  # [P, D] whether the pool serves the shop
    allocated: Int64s  # [P, S] ids of the allocation versions that decide, 0 for none
    bundles: Bundles
    listing_ids: Int64s  # [N] ascending
    listing_shop: Int64s  # [N] row of the shop
    parts: Parts
    wanted: Int64s  # [N] what each listing should publish
    increase_only: Bools  # [N]
    kept: Bools  # [N] a strategy pauses it, or its policy can't be applied: it keeps its number
    synced: Int64s  # [N] ids of the versions that decide, 0 for none
    broken: int  # listings whose policy can't be applied


def compute_side(state: State) -> Side:
    """Compute all numbers of a state."""
    network, listings = state.network, state.listings
    result = compute(network, state.stock, pools=True)
    if result.pool is None:
        raise RuntimeError("the engine gave no pools")
    # What is stored, and so what listings are made of, goes no higher.
    shop = np.minimum(result.shop, INT32_MAX)
    sku_ids = np.asarray(state.stock.sku_ids, np.int64)
    q0 = listing_quantities(shop, listings.parts, listings.ids.size)
    judge = listings.judge.with_quantities(state.shop_ids, sku_ids, shop)
    winner = judge.decide(listings.shop_ids, listings.main_skus)
    chosen = choose_policies(listings.layers, judge.verdicts, winner)
    kept = chosen.paused.copy()
    kept[list(chosen.broken)] = True
    return Side(
        sku_ids=sku_ids,
        shop_ids=state.shop_ids,
        shops=network.shops,
        pools=network.supply.pools.codes,
        shop=shop,
        pool=result.pool,
        served=_served(network),
        allocated=np.maximum(state.allocated, 0),
        bundles=network.bundles,
        listing_ids=listings.ids,
        listing_shop=listings.shop,
        parts=listings.parts,
        wanted=np.minimum(apply_policies(q0, chosen.policies, chosen.policy), INT32_MAX),
        increase_only=listings.increase_only | chosen.increase_only,
        kept=kept,
        synced=np.maximum(judge.versions(winner), 0),
        broken=len(chosen.broken),
    )


def published_units(side: Side, numbers: Int64s) -> Int64s:
    """[D, S] units of each SKU that the listings of a shop promise when they show these numbers; bundles are counted
    as their components.
    """
    units = np.zeros(side.shop.shape, np.int64)
    parts = side.parts
    np.add.at(units, (parts.shop, parts.column), numbers[parts.listing] * parts.quantity)
    bundles = side.bundles
    bundle = np.searchsorted(side.sku_ids, bundles.bundle_id)
    component = np.searchsorted(side.sku_ids, bundles.component_id)
    for at, quantity in enumerate(np.asarray(bundles.quantity).tolist()):
        units[:, component[at]] += units[:, bundle[at]] * quantity
    units[:, bundle] = 0
    return units


def _served(network: CascadeNetwork) -> Bools:
    served = np.zeros((len(network.modes), len(network.shops)), bool)
    active = np.asarray(network.shares.active, bool)
    served[network.shares.pool[active], network.shares.shop[active]] = True
    return served
