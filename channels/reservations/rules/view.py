"""The part of the network that a batch of requests can feel: the pools of its shops and all that feeds them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from channels.allocation.rules import make_variant
from channels.cascade.rules import CascadeNetwork, Dispatch, Shares, find_dispatches
from inventory.supply.rules import NONE, Bools, Int64s, LinkOverride, Links, Pools, Stock, SupplyNetwork, find_feeds
from inventory.supply.rules import Functionals as Places

if TYPE_CHECKING:
    from strategies.selectors import Ruleset

ROOT = -1  # stands for every SKU without an override
MOST_FEEDS = 10_000  # kept per view


@dataclass(frozen=True, eq=False)
class View:
    """A network of its own, and what is asked of it again and again. Indices are the view's, ids the database's."""

    network: CascadeNetwork
    whole: CascadeNetwork  # of all pools: a row is shared with pools beyond the view
    functional_ids: tuple[int, ...]  # [F] in the order of their codes
    in_whole: tuple[int, ...]  # [F] where the functional warehouse stands in the whole network
    shop_ids: tuple[int, ...]
    pool_ids: tuple[int, ...]
    category_ids: tuple[int, ...]
    share_active: Bools  # [H] whatever the shop's own state
    rules: "Ruleset | None" = None  # the strategies that may decide how pools serve their shops
    by_demand: bool = False  # whether a pool is or may be divided by what its shops have sold

    @cached_property
    def functional_at(self) -> dict[int, int]:
        """The index of a functional warehouse by its id."""
        return {pk: at for at, pk in enumerate(self.functional_ids)}

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """[F] the functional warehouses' codes."""
        return self.network.supply.functionals.codes

    @cached_property
    def safety(self) -> list[int]:
        """[F] the default safety stock."""
        return [int(units) for units in self.network.supply.functionals.safety]

    @cached_property
    def shop_at(self) -> dict[str, int]:
        """The index of a shop by its code."""
        return {code: at for at, code in enumerate(self.network.shops)}

    @cached_property
    def pool_at(self) -> dict[str, int]:
        """The index of a pool by its code."""
        return {code: at for at, code in enumerate(self.network.supply.pools.codes)}

    @cached_property
    def category_at(self) -> dict[int, int]:
        """The index of a category by its id."""
        return {pk: at for at, pk in enumerate(self.category_ids)}

    @cached_property
    def share_at(self) -> dict[tuple[int, int], int]:
        """The index of a share by pool and shop."""
        shares = self.network.shares
        return {pair: at for at, pair in enumerate(zip(shares.pool.tolist(), shares.shop.tolist(), strict=True))}

    @cached_property
    def entitled(self) -> dict[int, list[int]]:
        """The pools from which each shop may show anything."""
        return _pools_by_shop(self.network.shares, self.network.shares.active)

    @cached_property
    def stands(self) -> dict[int, list[int]]:
        """The pools of each shop, also of a closed one: what it has sold it has sold."""
        return _pools_by_shop(self.network.shares, self.share_active)

    @cached_property
    def by_category(self) -> bool:
        """Whether an override is about a category."""
        return any(override.category is not None for override in self.whole.supply.overrides)

    @cached_property
    def category_overrides(self) -> list[LinkOverride]:
        """The view's overrides of whole categories."""
        return [override for override in self.network.supply.overrides if override.sku_id is None]

    @cached_property
    def overridden(self) -> dict[int, list[LinkOverride]]:
        """The view's overrides of single SKUs, by SKU id."""
        return _by_sku(self.network.supply.overrides)

    @cached_property
    def _overridden_anywhere(self) -> dict[int, list[LinkOverride]]:
        return _by_sku(self.whole.supply.overrides)

    @cached_property
    def _feeds(self) -> "dict[tuple[int, int], Feeds]":
        return {}

    @cached_property
    def _variants(self) -> dict[tuple[int, int], Dispatch]:
        return {}

    def variant(self, pool: int, rule: int) -> Dispatch:
        """How a pool serves its shops where a rule decides it."""
        found = self._variants.get((pool, rule))
        if found is None:
            if self.rules is None:
                raise LookupError(f"there is no rule {rule}")
            own, action = find_dispatches(self.network)[pool], self.rules.actions[rule]
            found = self._variants[pool, rule] = make_variant(own, action, self.network.shops)
        return found

    def find_feeds(self, categories: Mapping[int, int]) -> "dict[int, Feeds]":
        """Which rows bring these SKUs into which pools; SKU ids with the index of their category, -1 for none."""
        own, known = self._overridden_anywhere, self._feeds
        keys = {sku: (sku if sku in own else ROOT, at if self.by_category else NONE) for sku, at in categories.items()}
        found = {key: known.get(key) for key in keys.values()}
        missing = [key for key, feeds in found.items() if feeds is None]
        if missing:
            if len(known) > MOST_FEEDS:
                known.clear()
            fresh = dict(zip(missing, self._compute_feeds(missing), strict=True))
            known.update(fresh)
            found.update(fresh)
        return {sku: feeds for sku, key in keys.items() if (feeds := found[key]) is not None}

    def _compute_feeds(self, keys: Sequence[tuple[int, int]]) -> "list[Feeds]":
        whole = self.whole.supply
        own = [
            replace(override, sku_id=column)
            for column, (sku, _) in enumerate(keys)
            for override in self._overridden_anywhere.get(sku, ())
        ]
        shared = [override for override in whole.overrides if override.sku_id is None]
        columns = Stock(
            sku_ids=np.arange(len(keys)),
            free=np.zeros((len(whole.functionals.codes), len(keys)), np.int64),
            category=np.array([category for _, category in keys], np.int64) if self.by_category else None,
        )
        feeding = find_feeds(replace(whole, overrides=(*shared, *own)), columns)
        shared_by = feeding.sum(axis=0)[list(self.in_whole)].T.tolist()
        at = {code: index for index, code in enumerate(whole.pools.codes)}
        pools = [at[code] for code in self.network.supply.pools.codes]
        mine = feeding[np.ix_(pools, self.in_whole)]
        return [Feeds(shared_by[column], mine[:, :, column]) for column in range(len(keys))]


@dataclass(frozen=True, slots=True, eq=False)
class Feeds:
    """Where a SKU's units can come from."""

    shared_by: list[int]  # [F] how many open pools of the whole network a row feeds
    pools: Bools  # [P, F] which of the view's pools
    _reached: dict[tuple[int, ...], tuple[int, ...]] = field(default_factory=dict)

    def reach(self, pools: Sequence[int]) -> tuple[int, ...]:
        """The rows that feed any of these pools."""
        chosen = tuple(pools)
        if chosen not in self._reached:
            self._reached[chosen] = tuple(np.flatnonzero(self.pools[list(chosen)].any(axis=0)).tolist())
        return self._reached[chosen]


def narrow_view(view: View, pools: Collection[int]) -> View:
    """The part of a whole view that decides what these pools hold, and what their shops have from them.

    Besides the pools and their supply warehouses it keeps the home supplies of their shares: by these a pool may
    rank its shops.
    """
    network = view.network
    kept_pools = sorted(pools)
    kept_shares = np.flatnonzero(np.isin(network.shares.pool, kept_pools))
    supplies = {supply for pool in kept_pools for supply in network.supply.pools.supplies[pool]}
    supplies.update(int(home) for home in network.shares.home_supply[kept_shares] if home != NONE)
    kept_links = np.flatnonzero(np.isin(network.supply.links.supply, sorted(supplies)))
    kept_rows = np.unique(network.supply.links.functional[kept_links])
    return View(
        network=_cut(network, kept_rows, kept_links, kept_pools, kept_shares),
        whole=view.network,
        functional_ids=tuple(view.functional_ids[row] for row in kept_rows),
        in_whole=tuple(kept_rows.tolist()),
        shop_ids=view.shop_ids,
        pool_ids=tuple(view.pool_ids[pool] for pool in kept_pools),
        category_ids=view.category_ids,
        share_active=view.share_active[kept_shares],
        rules=view.rules,
        by_demand=view.by_demand,
    )


def _cut(network: CascadeNetwork, rows: Int64s, links: Int64s, pools: list[int], shares: Int64s) -> CascadeNetwork:
    """The network of these rows, links, pools and shares alone."""
    old = network.shares
    pool_at = _positions(pools, len(network.supply.pools.codes))
    return CascadeNetwork(
        supply=_cut_supply(network.supply, rows, links, pools),
        shops=network.shops,
        shares=Shares(
            pool=pool_at[old.pool[shares]],
            shop=old.shop[shares],
            ratio=old.ratio[shares],
            holdback=old.holdback[shares],
            cap=old.cap[shares],
            priority=old.priority[shares],
            home_supply=old.home_supply[shares],
            active=np.asarray(old.active)[shares],
        ),
        modes=tuple(network.modes[pool] for pool in pools),
        scarcity_at=np.asarray(network.scarcity_at)[pools],
    )


def _cut_supply(supply: SupplyNetwork, rows: Int64s, links: Int64s, pools: list[int]) -> SupplyNetwork:
    row_at = _positions(rows.tolist(), len(supply.functionals.codes))
    link_at = {link: at for at, link in enumerate(links.tolist())}
    return replace(
        supply,
        functionals=Places(
            codes=tuple(supply.functionals.codes[row] for row in rows),
            sellable=np.asarray(supply.functionals.sellable)[rows],
            safety=np.asarray(supply.functionals.safety)[rows],
        ),
        links=Links(
            functional=row_at[supply.links.functional[links]],
            supply=supply.links.supply[links],
            ratio=supply.links.ratio[links],
            reserve=supply.links.reserve[links],
            active=np.asarray(supply.links.active)[links],
        ),
        pools=Pools(
            codes=tuple(supply.pools.codes[pool] for pool in pools),
            open=np.asarray(supply.pools.open)[pools],
            supplies=tuple(supply.pools.supplies[pool] for pool in pools),
        ),
        overrides=tuple(replace(o, link=link_at[o.link]) for o in supply.overrides if o.link in link_at),
    )


def _positions(kept: list[int], size: int) -> Int64s:
    found = np.full(size, NONE, np.int64)
    found[kept] = np.arange(len(kept))
    return found


def _pools_by_shop(shares: Shares, counted: Bools) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for share in np.flatnonzero(counted).tolist():
        found.setdefault(int(shares.shop[share]), []).append(int(shares.pool[share]))
    return found


def _by_sku(overrides: Iterable[LinkOverride]) -> dict[int, list[LinkOverride]]:
    found: dict[int, list[LinkOverride]] = {}
    for override in overrides:
        if override.sku_id is not None:
            found.setdefault(override.sku_id, []).append(override)
    return found
