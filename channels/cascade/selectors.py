"""Reads everything the cascade is computed from, and the numbers computed last time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from django.db.models import F, Q
from django.utils import timezone

from channels.allocation.rules import ALLOCATION
from channels.allocation.selectors import Winners, allocation_rules, load_sales, load_winners, wants_sales
from channels.cascade.rules import Bundles, CascadeNetwork, CascadeResult, Dedicated, Mode, Shares, compute
from channels.decisions.rules import Decisions
from channels.figures.selectors import Beneath
from channels.shops.models import DedicatedUnits, Share, Shop
from core.bulk import INT32_MAX, Bools, Int64s, allow_memory, column_index, place, read_packed
from inventory.catalogue.models import BundleComponent
from inventory.supply.models import Pool
from inventory.supply.rules import NONE, Stock, basis_points
from inventory.supply.selectors import LoadedSupply, load_stock, load_supply, one_snapshot
from strategies.selectors import Ruleset

_STORED = """
    SELECT shop_id, string_agg(int8send(sku_id << 32 | quantity), ''::bytea)
    FROM channels_shopquantity {where} GROUP BY shop_id
"""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedCascade:
    """The network and the stock, and the database ids behind their indices, in the same order."""

    network: CascadeNetwork
    stock: Stock
    supply: LoadedSupply
    shop_ids: tuple[int, ...]
    share_ids: tuple[int, ...]
    winners: Winners  # which allocation strategy decides which pool and column


@dataclass(frozen=True, slots=True, eq=False)
class ShopNumbers:
    """Shop quantities in units: [D, S] by shop and SKU id."""

    shop_ids: tuple[int, ...]
    sku_ids: Int64s
    quantity: Int64s

    def only(self, columns: Bools) -> "ShopNumbers":
        """Those of some columns."""
        return ShopNumbers(self.shop_ids, self.sku_ids[columns], self.quantity[:, columns])


@dataclass(frozen=True, slots=True, eq=False)
class ComputedNumbers(ShopNumbers):
    """Shop quantities and the allocation strategies that had a say in them."""

    decisions: Decisions

    def only(self, columns: Bools) -> "ComputedNumbers":
        """Those of some columns."""
        sku_ids, quantity = self.sku_ids[columns], self.quantity[:, columns]
        decided = replace(self.decisions, sku_ids=sku_ids, version=self.decisions.version[:, columns])
        return ComputedNumbers(self.shop_ids, sku_ids, quantity, decided)


@dataclass(frozen=True, slots=True)
class WrongNumber:
    """A stored shop quantity that isn't the computed one; 0 when nothing is stored."""

    shop: str
    sku_id: int
    stored: int
    computed: int


def load_cascade(
    sku_ids: Sequence[int] | Int64s | None = None, *, now: datetime | None = None, rules: Ruleset | None = None
) -> LoadedCascade:
    """What the cascade of these SKUs (all by default) is computed from, as of one moment.

    The columns ascend by SKU id and hold the existing SKUs asked for and their bundles' components. `rules` are the
    allocation strategies to go by, those in force unless given.
    """
    now = now or timezone.now()
    with one_snapshot():
        wanted = None if sku_ids is None else np.unique(np.asarray(sku_ids, np.int64))
        bundles = _load_bundles(wanted)
        columns = None if wanted is None else np.union1d(wanted, bundles.component_id)
        supply = load_supply(now, columns)
        beneath = Beneath(supply, load_stock(supply, columns))
        return _load_cascade(beneath, bundles, columns, now, allocation_rules() if rules is None else rules)


def compute_cascade(loaded: LoadedCascade, *, trace: bool = False, pools: bool = False) -> CascadeResult:
    """The engine's numbers for what was loaded."""
    return compute(loaded.network, loaded.stock, trace=trace, pools=pools)


def compute_numbers(sku_ids: Sequence[int] | Int64s | None = None) -> tuple[ShopNumbers, ComputedNumbers]:
    """(stored, computed) shop quantities of these SKUs (all by default), both as of one moment."""
    with one_snapshot():
        loaded = load_cascade(sku_ids)
        ids = np.asarray(loaded.stock.sku_ids, np.int64)
        wanted = None if sku_ids is None else np.isin(ids, np.asarray(sku_ids, np.int64))
        stored = load_numbers(loaded.shop_ids, ids if wanted is None else ids[wanted], everything=wanted is None)
    quantity = np.minimum(compute_cascade(loaded).shop, INT32_MAX)
    if wanted is not None:
        quantity = quantity[:, wanted]
    pools = np.array(loaded.supply.pool_ids, np.int64)
    decisions = Decisions(ALLOCATION, pools, stored.sku_ids, loaded.winners.versions(stored.sku_ids))
    return stored, ComputedNumbers(loaded.shop_ids, stored.sku_ids, quantity, decisions)


def load_numbers(shop_ids: tuple[int, ...], sku_ids: Int64s, *, everything: bool = False) -> ShopNumbers:
    """The stored shop quantities, 0 where there is no row; `everything` when `sku_ids` are all there are."""
    if everything:
        allow_memory()
    where, params = ("", []) if everything else ("WHERE sku_id = ANY(%s)", [sku_ids.tolist()])
    quantity = np.zeros((len(shop_ids), sku_ids.size), np.int64)
    columns, row_at = column_index(sku_ids), {shop: row for row, shop in enumerate(shop_ids)}
    for shop, numbers in read_packed(_STORED.format(where=where), params):
        if shop in row_at:
            place(quantity[row_at[shop]], columns, numbers)
    return ShopNumbers(shop_ids, sku_ids, quantity)


def verify_numbers(sku_ids: Sequence[int] | None = None) -> list[WrongNumber]:
    """Every stored shop quantity that differs from a fresh computation, by shop and SKU id."""
    stored, computed = compute_numbers(sku_ids)
    shops = dict(Shop.objects.values_list("id", "code"))
    return [
        WrongNumber(
            shop=shops[stored.shop_ids[row]],
            sku_id=int(stored.sku_ids[column]),
            stored=int(stored.quantity[row, column]),
            computed=int(computed.quantity[row, column]),
        )
        for row, column in np.argwhere(stored.quantity != computed.quantity).tolist()
    ]


def find_bundles(sku_ids: Sequence[int]) -> list[int]:
    """The bundles these SKUs are components of, ascending."""
    found = BundleComponent.objects.filter(component__in=sku_ids).order_by("bundle_id")
    return list(found.values_list("bundle_id", flat=True).distinct())


def load_network(now: datetime) -> tuple[CascadeNetwork, LoadedSupply, tuple[int, ...], tuple[int, ...]]:
    """The network as it counts for every SKU at `now`, without dedicated units and bundles, which belong to SKUs.

    With it come its supply side's ids, and the ids of its shops and shares.
    """
    supply = load_supply(now)
    return _serve_shops(supply)


def _serve_shops(supply: LoadedSupply) -> tuple[CascadeNetwork, LoadedSupply, tuple[int, ...], tuple[int, ...]]:
    """The pools and shops above a supply network."""
    shops = list(Shop.objects.order_by("code").values_list("id", "code"))
    shop_at = {row[0]: at for at, row in enumerate(shops)}
    pool_at = _positions(supply.pool_ids)
    settings = {row[0]: row[1:] for row in Pool.objects.values_list("id", "mode", "scarcity_at")}
    share_ids, shares = _load_shares(pool_at, shop_at, _positions(supply.supply_ids))
    network = CascadeNetwork(
        supply=supply.network,
        shops=tuple(row[1] for row in shops),
        shares=shares,
        modes=tuple(Mode(settings[pool][0]) for pool in supply.pool_ids),
        scarcity_at=_unset(settings[pool][1] for pool in supply.pool_ids),
    )
    return network, supply, tuple(shop_at), share_ids


def _load_cascade(
    beneath: Beneath, bundles: Bundles, columns: Int64s | None, now: datetime, rules: Ruleset
) -> LoadedCascade:
    stock = beneath.stock
    network, supply, shop_ids, share_ids = _serve_shops(beneath.supply)
    dedicated = _load_dedicated(network.shares, _positions(supply.pool_ids), _positions(shop_ids), columns)
    ids = np.asarray(stock.sku_ids, np.int64)
    kits = np.asarray(bundles.bundle_id, np.int64)
    winners = load_winners(rules, supply.pool_ids, ids, now, beneath=beneath, bundles=kits, everything=columns is None)
    if wants_sales(network, rules):
        network = replace(network, sales=load_sales(shop_ids, columns))
    network = replace(network, dedicated=dedicated, bundles=bundles, allocation=winners.allocation(network))
    return LoadedCascade(network, stock, supply, shop_ids, share_ids, winners)


def _load_bundles(wanted: Int64s | None) -> Bundles:
    parts = BundleComponent.objects.order_by("bundle_id", "component_id")
    if wanted is not None:
        parts = parts.filter(bundle__in=wanted.tolist())
    rows = np.array(list(parts.values_list("bundle_id", "component_id", "quantity")), np.int64).reshape(-1, 3)
    return Bundles(rows[:, 0], rows[:, 1], rows[:, 2])


def _load_shares(
    pool_at: dict[int, int], shop_at: dict[int, int], supply_at: dict[int, int]
) -> tuple[tuple[int, ...], Shares]:
    # A closed shop holds nothing back from the others of its pools.
    shares_open = Share.objects.annotate(open=Q(active=True, shop__active=True)).order_by("pool__code", "shop__code")
    rows = [
        row
        for row in shares_open.values_list(
            "id", "pool_id", "shop_id", "ratio", "holdback", "cap", "priority", "home_supply_id", "open"
        )
        if row[1] in pool_at and row[2] in shop_at
    ]
    shares = Shares(
        pool=np.array([pool_at[row[1]] for row in rows], np.int64),
        shop=np.array([shop_at[row[2]] for row in rows], np.int64),
        ratio=np.array([basis_points(row[3]) for row in rows], np.int64),
        holdback=np.array([row[4] for row in rows], np.int64),
        cap=_unset(row[5] for row in rows),
        priority=np.array([row[6] for row in rows], np.int64),
        home_supply=np.array([supply_at.get(row[7], NONE) for row in rows], np.int64),
        active=np.array([row[8] for row in rows], bool),
    )
    return tuple(row[0] for row in rows), shares


def _load_dedicated(
    shares: Shares, pool_at: dict[int, int], shop_at: dict[int, int], columns: Int64s | None
) -> Dedicated:
    """Units set aside; those of a shop without a share in the pool have nowhere to go."""
    share_at = {pair: at for at, pair in enumerate(zip(shares.pool.tolist(), shares.shop.tolist(), strict=True))}
    units = DedicatedUnits.objects.filter(quantity__gt=F("consumed")).order_by("id")
    if columns is not None:
        units = units.filter(sku__in=columns.tolist())
    found = units.values_list("pool_id", "shop_id", "sku_id", F("quantity") - F("consumed"))
    rows = [
        (share_at[pool_at.get(pool, NONE), shop_at.get(shop, NONE)], sku, outstanding)
        for pool, shop, sku, outstanding in found
        if (pool_at.get(pool, NONE), shop_at.get(shop, NONE)) in share_at
    ]
    table = np.array(rows, np.int64).reshape(-1, 3)
    return Dedicated(table[:, 0], table[:, 1], table[:, 2])


def _positions(ids: Sequence[int]) -> dict[int, int]:
    return {pk: at for at, pk in enumerate(ids)}


def _unset(values: Iterable[int | None]) -> Int64s:
    return np.array([NONE if value is None else value for value in values], np.int64)
