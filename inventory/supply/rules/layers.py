"""Layers 2 to 4 up to the pool: atp, contributions, supplies, sources and pools, by SKU column.

The columns are worked through in blocks that fit the processor's cache. Within a block an array may
stand for several things at once (a link at 100 % contributes the atp row itself), so nothing here
is changed in place once it has a name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from .arrays import FULL, Bools, Int64s, Ints, Sparse, clip_to, narrow, share_of
from .network import Stock, SupplyNetwork
from .overrides import RATIO, RESERVE, find_exceptions

BLOCK = 16_384  # SKU columns per block


@dataclass(frozen=True, slots=True, eq=False)
class SupplyResult:
    """Every number up to the pools, in units."""

    atp: Int64s  # [F, S]
    contribution: Int64s  # [L, S]
    supply: Int64s  # [U, S]
    source: Int64s  # [P, F, S]
    pool: Int64s  # [P, S]


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """What lies where, and what of it reaches which pool, in units."""

    atp: Int64s  # [F, S]
    source: Int64s  # [P, F, S]


class SupplyBlock:
    """The layers at the columns low..high (exclusive); read only."""

    def __init__(self, plan: "SupplyPlan", low: int, high: int) -> None:
        self.low, self.high = low, high
        atp = narrow(plan.atp(low, high), plan.factor)
        self.rows: tuple[Ints, ...] = tuple(atp)
        self.kind: np.dtype[Any] = atp.dtype
        self.nothing: Ints = np.zeros(high - low, self.kind)
        self.contributions: dict[int, Ints] = {link: plan.contribution(link, self) for link in plan.active_links}
        self._links_of = plan.links_of
        self._supplies: dict[int, Ints] = {}
        self.sources: tuple[dict[int, Ints], ...] = tuple(
            {row: self._source(row, links) for row, links in feeds.items()} for feeds in plan.feeds
        )
        self.pools: tuple[Ints, ...] = tuple(total(list(source.values()), self.nothing) for source in self.sources)

    def supply(self, index: int) -> Ints:
        """[n] the supply warehouse's quantity."""
        if index not in self._supplies:
            parts = [self.contributions[link] for link in self._links_of.get(index, ())]
            self._supplies[index] = total(parts, self.nothing)
        return self._supplies[index]

    def _source(self, row: int, links: Sequence[int]) -> Ints:
        """[n] what the functional warehouse brings into a pool: counted once, never above its atp."""
        atp = self.rows[row]
        parts = [self.contributions[link] for link in links]
        if any(part is atp for part in parts):
            return atp
        return parts[0] if len(parts) == 1 else np.minimum(total(parts, atp), atp)


class Wiring:
    """What feeds what in a network."""

    def __init__(self, network: SupplyNetwork) -> None:
        links = network.links
        self.active_links = [
            int(link) for link in np.flatnonzero(links.active) if network.supplies.active[links.supply[link]]
        ]
        self.links_of: dict[int, list[int]] = {}
        for link in self.active_links:
            self.links_of.setdefault(int(links.supply[link]), []).append(link)
        self.functional: list[int] = links.functional.tolist()
        self.ratio: list[int] = links.ratio.tolist()
        self.reserve: list[int] = links.reserve.tolist()
        self.feeds = [self._feeds(network, pool) for pool in range(len(network.pools.codes))]
        self.shut: Bools = ~np.asarray(network.functionals.sellable, bool)
        self.any_shut = bool(self.shut.any())
        self._safety = network.functionals.safety.tolist()
        self._defaults: dict[np.dtype[Any], Ints] = {}

    def defaults(self, kind: np.dtype[Any]) -> Ints:
        """[F, 1] the default safety stock."""
        if kind not in self._defaults:
            self._defaults[kind] = np.array([clip_to(units, kind) for units in self._safety], kind)[:, None]
        return self._defaults[kind]

    def _feeds(self, network: SupplyNetwork, pool: int) -> dict[int, list[int]]:
        """By functional warehouse: its active links into the pool's supplies; none if it is shut."""
        feeds: dict[int, list[int]] = {}
        if network.pools.open[pool]:
            for supply in dict.fromkeys(network.pools.supplies[pool]):
                for link in self.links_of.get(supply, ()):
                    feeds.setdefault(self.functional[link], []).append(link)
        return feeds


_WIRINGS: "WeakKeyDictionary[SupplyNetwork, Wiring]" = WeakKeyDictionary()


class SupplyPlan:
    """The network made ready for the blocks of one computation.

    `factor` is the largest multiplier the caller's own arithmetic applies to a pool's quantity.
    """

    def __init__(self, network: SupplyNetwork, stock: Stock, factor: int = FULL) -> None:
        if stock.free.shape[0] != len(network.functionals.codes):
            raise ValueError(
                f"free has {stock.free.shape[0]} rows; there are {len(network.functionals.codes)} functional warehouses"
            )
        self.stock = stock
        self.factor = max(FULL, factor, len(network.links.ratio), len(network.pools.codes))
        # Reservations compute a few columns of one network thousands of times a second.
        wiring = _WIRINGS.get(network)
        if wiring is None:
            wiring = _WIRINGS[network] = Wiring(network)
        self.active_links, self.links_of = wiring.active_links, wiring.links_of
        self.functional, self.feeds = wiring.functional, wiring.feeds
        self._ratio, self._reserve = wiring.ratio, wiring.reserve
        self._exceptions: dict[int, Sparse] = find_exceptions(network, stock)
        self._shut, self._any_shut = wiring.shut, wiring.any_shut
        self._work = np.dtype(np.int32 if stock.free.dtype.itemsize <= 4 else np.int64)
        self._safety = wiring.defaults(self._work)

    def blocks(self) -> Iterator[SupplyBlock]:
        """The columns, a cache-sized block at a time."""
        size = len(self.stock.sku_ids)
        for low in range(0, size, BLOCK):
            yield SupplyBlock(self, low, min(low + BLOCK, size))

    def atp(self, low: int, high: int) -> Ints:
        """[F, n] max(0, free - safety), 0 in rows that don't sell."""
        safety: Ints = self._safety
        if self.stock.safety is not None:
            own = self.stock.safety[:, low:high]
            safety = np.where(own < 0, self._safety, own)
        atp: Ints = np.subtract(self.stock.free[:, low:high], safety, dtype=self._work)
        np.maximum(atp, 0, out=atp)
        if self._any_shut:
            atp[self._shut] = 0
        return atp

    def contribution(self, link: int, block: SupplyBlock) -> Ints:
        """[n] share(max(0, atp - reserve), ratio), with the overrides' settings where they count."""
        atp = block.rows[self.functional[link]]
        reserve = clip_to(self._reserve[link], block.kind)
        above = np.maximum(atp - reserve, 0) if reserve else atp
        given = share_of(above, self._ratio[link])
        found = self._exceptions.get(link)
        part = found.within(block.low, block.high) if found else None
        if part is None:
            return given
        columns, values = part
        exceptional = np.maximum(atp[columns] - values[RESERVE], 0) * values[RATIO] // FULL
        given = given.copy() if given is atp else given
        given[columns] = exceptional
        return given


def total(parts: Sequence[Ints], nothing: Ints) -> Ints:
    """[n] the sum of the parts; one part is returned as it is, no part as zeros like `nothing`."""
    if len(parts) < 2:
        return parts[0] if parts else np.zeros_like(nothing)
    whole = parts[0] + parts[1]
    for part in parts[2:]:
        np.add(whole, part, out=whole)
    return whole


def empty_result(network: SupplyNetwork, columns: int) -> SupplyResult:
    """Zeros, to be filled block by block."""
    functionals, pools = len(network.functionals.codes), len(network.pools.codes)
    return SupplyResult(
        atp=np.zeros((functionals, columns), np.int64),
        contribution=np.zeros((len(network.links.ratio), columns), np.int64),
        supply=np.zeros((len(network.supplies.codes), columns), np.int64),
        source=np.zeros((pools, functionals, columns), np.int64),
        pool=np.zeros((pools, columns), np.int64),
    )


def empty_sources(network: SupplyNetwork, columns: int) -> Sources:
    """As `empty_result`, of these alone."""
    functionals, pools = len(network.functionals.codes), len(network.pools.codes)
    return Sources(np.zeros((functionals, columns), np.int64), np.zeros((pools, functionals, columns), np.int64))


def keep_sources(result: Sources | SupplyResult, block: SupplyBlock) -> None:
    """As `keep_block`, of these alone."""
    columns = slice(block.low, block.high)
    for row, atp in enumerate(block.rows):
        result.atp[row, columns] = atp
    for pool, source in enumerate(block.sources):
        for row, quantity in source.items():
            result.source[pool, row, columns] = quantity


def keep_block(result: SupplyResult, block: SupplyBlock) -> None:
    """Copy a block's layers to its columns of the result."""
    keep_sources(result, block)
    columns = slice(block.low, block.high)
    for link, given in block.contributions.items():
        result.contribution[link, columns] = given
    for supply in range(len(result.supply)):
        result.supply[supply, columns] = block.supply(supply)
    for pool, quantity in enumerate(block.pools):
        result.pool[pool, columns] = quantity


def compute_supply(network: SupplyNetwork, stock: Stock) -> SupplyResult:
    """Layers 2 to 4 up to the pools, for every SKU column of `stock`."""
    result = empty_result(network, len(stock.sku_ids))
    for block in SupplyPlan(network, stock).blocks():
        keep_block(result, block)
    return result
