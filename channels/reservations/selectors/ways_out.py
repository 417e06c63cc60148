"""What could serve a shortage, read for whoever decides it: units beneath its shop's pools, other pools, other places.

The numbers are those of the moment and promise nothing: the verbs look again under lock.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Count, Min, Q
from django.utils import timezone

from channels.reservations.models import Shortage
from channels.shops.models import Share
from inventory.catalogue.models import BundleComponent, Sku
from inventory.supply.models import Pool
from inventory.supply.rules import Bools, Int64s, find_feeds
from inventory.supply.selectors import load_stock, load_supply, one_snapshot
from inventory.warehouses.models import FunctionalWarehouse


class ShortNow(NamedTuple):
    """A short line in units: wanted, available at the last try, and free beneath the shop's pools now."""

    sku: str
    wanted: int
    available: int
    now: int


class PoolOption(NamedTuple):
    """An open pool with what it could give of each short SKU; `enough` when that is the whole order."""

    code: str
    name: str
    units: Mapping[str, int]
    enough: bool


class PlaceOption(NamedTuple):
    """A functional warehouse that feeds none of the shop's pools and has all missing units free."""

    code: str
    warehouse: str
    status: str
    free: Mapping[str, int]
    missing: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """What is free of some SKUs, and which pools it could reach, as of one moment."""

    free: Int64s  # [F, S]
    feeds: Bools  # [P, F, S]
    functional_ids: tuple[int, ...]
    pool_ids: tuple[int, ...]
    columns: Mapping[str, int]  # by SKU code, bundles left out
    bundles: Mapping[str, Mapping[str, int]]  # units of each component, by the bundle's code

    def units(self, lines: Iterable[tuple[str, int]]) -> Counter[str]:
        """The units of SKUs with stock that these lines (SKU, quantity) take."""
        wanted: Counter[str] = Counter()
        for sku, quantity in lines:
            for part, each in self.bundles.get(sku, {sku: 1}).items():
                wanted[part] += each * quantity
        return wanted

    def beneath(self, pools: Sequence[int]) -> Int64s:
        """[S] the units that are free beneath these pools, by their index, each counted once."""
        total: Int64s = np.where(self.feeds[list(pools)].any(axis=0), self.free, 0).sum(axis=0)
        return total

    def count(self, sku: str, beneath: Int64s) -> int:
        """How many of a SKU, or whole bundles, these units [S] make."""
        parts = self.bundles.get(sku, {sku: 1}).items()
        return min(self.column(part, beneath) // each for part, each in parts)

    def column(self, sku: str, units: Int64s) -> int:
        """A SKU's number among these [S]; 0 for a SKU that is gone."""
        return int(units[self.columns[sku]]) if sku in self.columns else 0


def count_unsettled() -> dict[str, Any]:
    """How many shortages there are in each unsettled state, and since when the oldest has been open."""
    states = (Shortage.State.OPEN, Shortage.State.TRANSFER, Shortage.State.BACKORDER)
    return Shortage.objects.filter(state__in=states).aggregate(
        **{state.value: Count("pk", filter=Q(state=state)) for state in states},
        oldest=Min("created_at", filter=Q(state=Shortage.State.OPEN)),
    )


def find_shorts(shortages: Sequence[Shortage]) -> dict[int, list[ShortNow]]:
    """The short lines of each of these shortages by its id, in a fixed number of queries."""
    with one_snapshot():
        room = _load_room(shortages)
        pools = _pools_of({shortage.shop_id for shortage in shortages}, room)
    found = {}
    for shortage in shortages:
        beneath = room.beneath(pools[shortage.shop_id])
        found[shortage.pk] = [
            ShortNow(line["sku"], line["wanted"], line["available"], room.count(line["sku"], beneath))
            for line in shortage.lines
        ]
    return found


def find_pools(shortage: Shortage) -> list[PoolOption]:
    """The open pools that have any of the short SKUs, those that have the whole order first."""
    with one_snapshot():
        room = _load_room([shortage])
        names = {pk: (code, name) for pk, code, name in Pool.objects.values_list("pk", "code", "name")}
    wanted = room.units(_lines(shortage))
    options = []
    for index, pk in enumerate(room.pool_ids):
        beneath = room.beneath([index])
        units = {line["sku"]: room.count(line["sku"], beneath) for line in shortage.lines}
        if any(units.values()):
            enough = all(room.column(sku, beneath) >= quantity for sku, quantity in wanted.items())
            options.append(PoolOption(*names[pk], units, enough))
    return sorted(options, key=lambda option: (not option.enough, option.code))


def find_places(shortage: Shortage) -> list[PlaceOption]:
    """The functional warehouses from which a transfer could bring all missing units, the fullest first."""
    with one_snapshot():
        room = _load_room([shortage])
        own = _pools_of([shortage.shop_id], room)[shortage.shop_id]
        functionals = FunctionalWarehouse.objects.filter(active=True, warehouse__active=True)
        places = functionals.select_related("warehouse", "status").in_bulk()
    beneath = room.beneath(own)
    missing = Counter({sku: units - room.column(sku, beneath) for sku, units in room.units(_lines(shortage)).items()})
    missing = +missing
    reached: Bools = np.asarray(room.feeds[own].any(axis=0))
    options = []
    for row, pk in enumerate(room.functional_ids):
        free = {sku: room.column(sku, np.where(reached[row], 0, room.free[row])) for sku in missing}
        if pk in places and missing and all(free[sku] >= units for sku, units in missing.items()):
            place = places[pk]
            options.append(PlaceOption(place.code, place.warehouse.name, str(place.status), free, missing))
    return sorted(options, key=lambda option: (-sum(option.free.values()), option.code))


def _lines(shortage: Shortage) -> list[tuple[str, int]]:
    return [(line["sku"], line["quantity"]) for line in shortage.request["lines"]]


def _load_room(shortages: Iterable[Shortage]) -> Room:
    codes = {sku for shortage in shortages for sku, _ in _lines(shortage)}
    codes |= {line["sku"] for shortage in shortages for line in shortage.lines}
    parts = BundleComponent.objects.filter(bundle__code__in=codes)
    bundles: dict[str, dict[str, int]] = {}
    for bundle, component, quantity in parts.values_list("bundle__code", "component__code", "quantity"):
        bundles.setdefault(bundle, {})[component] = quantity
    simple = codes - bundles.keys() | {part for units in bundles.values() for part in units}
    ids = dict(Sku.objects.filter(code__in=simple).values_list("pk", "code"))
    wanted = np.array(sorted(ids), np.int64)
    supply = load_supply(timezone.now(), wanted)
    stock = load_stock(supply, wanted)
    return Room(
        free=np.asarray(stock.free, np.int64),
        feeds=find_feeds(supply.network, stock),
        functional_ids=supply.functional_ids,
        pool_ids=supply.pool_ids,
        columns={ids[int(pk)]: at for at, pk in enumerate(stock.sku_ids)},
        bundles=bundles,
    )


def _pools_of(shop_ids: Iterable[int], room: Room) -> dict[int, list[int]]:
    """The indices of each shop's pools, also of a closed one: what it has sold it has sold."""
    at = {pk: index for index, pk in enumerate(room.pool_ids)}
    found: dict[int, list[int]] = {shop: [] for shop in shop_ids}
    for shop, pool in Share.objects.filter(shop__in=found, active=True).values_list("shop_id", "pool_id"):
        if pool in at:
            found[shop].append(at[pool])
    return found
