"""Loads the facts of a kind's grid: of its places, of SKUs, and of both together."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal

import numpy as np
from django.utils import timezone

from channels.figures.selectors.places import POOL_FACTS, SHOP_FACTS, Place, load_places
from channels.figures.selectors.scope import Beneath, Scope
from channels.figures.selectors.skus import SKU_FACTS
from core.bulk import allow_memory, column_index, place, read_packed
from inventory.supply.rules import SupplyPlan
from inventory.supply.selectors import one_snapshot
from strategies.registry import find_fact
from strategies.rules.shapes import Axis, Column, Grid, Int64s

PlaceKind = Literal["pool", "shop"]

_STORED = """
    SELECT shop_id, string_agg(int8send(sku_id << 32 | quantity), ''::bytea)
    FROM channels_shopquantity {where} GROUP BY shop_id
"""


def load_grid(
    place_kind: PlaceKind,
    keys: Collection[str],
    sku_ids: Sequence[int] | Int64s | None,
    at: datetime,
    *,
    given: Mapping[str, Column] | None = None,
    beneath: Beneath | None = None,
) -> Grid:
    """All pools or all shops by code, and these facts of the SKUs that exist among these (None for all), as of `at`.

    Facts of the clock may be asked for and are left out: they come from the moment. `given` are columns that the
    caller knows better, such as quantities that aren't stored yet; `beneath` is the stock, if it is loaded already.
    KeyError for a fact that places of this kind don't have.
    """
    known = given or {}
    wanted = [key for key in dict.fromkeys(keys) if key not in known and find_fact(key).axis is not Axis.CLOCK]
    asked = None if sku_ids is None else np.unique(np.asarray(sku_ids, np.int64))
    moment = timezone.localtime(at, timezone.get_default_timezone())
    with one_snapshot():
        places = load_places(place_kind)
        reads = {read for key in wanted if key in SKU_FACTS for read in SKU_FACTS[key].reads}
        scope = Scope(place_kind, moment, asked, reads, beneath)
        columns = {key: _load_column(key, places, scope) for key in wanted}
    return Grid(
        at=moment,
        place_ids=tuple(pk for pk, _code in places),
        places=tuple(code for _pk, code in places),
        sku_ids=scope.sku_ids,
        columns={**columns, **{key: known[key] for key in keys if key in known}},
    )


def _load_column(key: str, places: list[Place], scope: Scope) -> Column:
    if key in SKU_FACTS:
        return SKU_FACTS[key].load(scope)
    if key == "pool_quantity" and scope.place_kind == "pool":
        return Column(_pool_quantity([pk for pk, _code in places], scope))
    if key == "shop_quantity" and scope.place_kind == "shop":
        return Column(_shop_quantity([pk for pk, _code in places], scope))
    facts = POOL_FACTS if scope.place_kind == "pool" else SHOP_FACTS
    return facts[key](places, scope.at)


def _pool_quantity(pool_ids: list[int], scope: Scope) -> Int64s:
    """[P, N] units that the pools hold; of a bundle, how many their components make."""
    supply, stock = scope.beneath.supply, scope.beneath.stock
    units = np.zeros((len(pool_ids), len(stock.sku_ids)), np.int64)
    pool_at = {pool: at for at, pool in enumerate(supply.pool_ids)}
    pairs = [(row, pool_at[pool]) for row, pool in enumerate(pool_ids) if pool in pool_at]
    for block in SupplyPlan(supply.network, stock).blocks():
        for row, at in pairs:
            units[row, block.low : block.high] = block.pools[at]
    return scope.with_bundles(units)


def _shop_quantity(shop_ids: list[int], scope: Scope) -> Int64s:
    """[P, N] units that the shops may sell, as stored last; bundles have a number of their own there."""
    if scope.wanted is None:
        allow_memory()
    where, params = ("", []) if scope.wanted is None else ("WHERE sku_id = ANY(%s)", [scope.sku_ids.tolist()])
    units = np.zeros((len(shop_ids), scope.sku_ids.size), np.int64)
    columns, row_at = column_index(scope.sku_ids), {shop: row for row, shop in enumerate(shop_ids)}
    for shop, numbers in read_packed(_STORED.format(where=where), params):
        if shop in row_at:
            place(units[row_at[shop]], columns, numbers)
    return units
