"""What a grid is loaded for, and what several of its facts are made from, read once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection

from channels.figures.rules import fill_bundles
from core.bulk import Int64s, allow_memory, read_columns
from inventory.catalogue.models import BundleComponent, Sku
from inventory.supply.rules import Stock
from inventory.supply.selectors import LoadedSupply, load_stock, load_supply
from strategies.rules.facts import day_number
from strategies.rules.shapes import EMPTY


@dataclass(frozen=True, slots=True)
class Read:
    """A whole number of every SKU: its SQL, and what must be joined for it."""

    sql: str
    join: str = ""


_FIGURES = "LEFT JOIN channels_skufigures figures ON figures.sku_id = sku.id"
LIFECYCLES = tuple(Sku.Lifecycle.values)
READS = {
    "price": Read("sku.price * 100"),
    "cost": Read("sku.cost * 100"),
    "weight": Read("sku.weight_g"),
    "brand": Read("coalesce(sku.brand_id, -1)"),
    "category": Read("coalesce(sku.category_id, -1)"),
    "created": Read("(sku.created_at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01'"),
    "lifecycle": Read("coalesce(array_position(%(lifecycles)s::text[], sku.lifecycle::text), 0) - 1"),
    "season": Read(
        "coalesce(season.at, 0) - 1",
        "LEFT JOIN unnest(%(seasons)s::text[]) WITH ORDINALITY season (code, at) ON season.code = sku.season",
    ),
    "bundle": Read("(sku.id IN (SELECT bundle_id FROM inventory_bundlecomponent))::int"),
    "sold_7": Read("coalesce(figures.sold_7, 0)", _FIGURES),
    "sold_30": Read("coalesce(figures.sold_30, 0)", _FIGURES),
    "stocked_on": Read("figures.stocked_on - DATE '1970-01-01'", _FIGURES),
    "abc": Read("coalesce(ascii(figures.abc) - ascii('A'), 2)", _FIGURES),
}


@dataclass(frozen=True, slots=True, eq=False)
class Beneath:
    """The supply network and its stock, whose columns ascend by SKU id and hold the components of bundles too."""

    supply: LoadedSupply
    stock: Stock


class Scope:
    """The SKUs (all when `wanted` is None) and places that facts are wanted of, as of `at`.

    `reads` are the numbers of SKUs that will be asked for: they come in one query. Who has loaded the stock already
    brings it along.
    """

    def __init__(
        self,
        place_kind: str,
        at: datetime,
        wanted: Int64s | None,
        reads: Collection[str] = (),
        beneath: Beneath | None = None,
    ) -> None:
        self.place_kind, self.at, self.wanted = place_kind, at, wanted
        self.day = day_number(at.date())
        self._beneath = beneath
        numbers = self._read_numbers(sorted(reads))
        self.sku_ids = numbers.pop("id")
        self.numbers: Mapping[str, Int64s] = numbers

    def where(self, column: str = "sku.id") -> str:
        """The condition that keeps a query to the SKUs."""
        return "TRUE" if self.wanted is None else f"{column} = ANY(%(wanted)s)"

    @property
    def params(self) -> dict[str, Any]:
        """What `where` refers to."""
        return {} if self.wanted is None else {"wanted": self.wanted.tolist()}

    @cached_property
    def seasons(self) -> tuple[str, ...]:
        """The seasons of these SKUs."""
        with connection.cursor() as cursor:
            where = f"sku.season <> '' AND {self.where()}"
            cursor.execute(f"SELECT DISTINCT season FROM inventory_sku sku WHERE {where} ORDER BY 1", self.params)
            return tuple(code for (code,) in cursor.fetchall())

    @cached_property
    def bundles(self) -> tuple[Int64s, Int64s, Int64s]:
        """The ids of bundles, of their components, and how many units of them, a part each."""
        parts = BundleComponent.objects.order_by("bundle_id", "component_id")
        if self.wanted is not None:
            parts = parts.filter(bundle__in=self.wanted.tolist())
        rows = np.array(list(parts.values_list("bundle_id", "component_id", "quantity")), np.int64).reshape(-1, 3)
        return rows[:, 0], rows[:, 1], rows[:, 2]

    @cached_property
    def beneath(self) -> Beneath:
        """The supply network and the stock of these SKUs and of the components of bundles among them."""
        if self._beneath is not None:
            return self._beneath
        columns = None if self.wanted is None else np.union1d(self.wanted, self.bundles[1])
        supply = load_supply(self.at, columns)
        return Beneath(supply, load_stock(supply, columns))

    def with_bundles(self, quantity: Int64s) -> Int64s:
        """[rows, N] of these SKUs from [rows, S] of the stock's: bundles have what their components allow."""
        ids = np.asarray(self.beneath.stock.sku_ids, np.int64)
        fill_bundles(quantity, ids, self.bundles)
        return quantity if ids.size == self.sku_ids.size else quantity[:, np.isin(ids, self.sku_ids)]

    @cached_property
    def free(self) -> Int64s:
        """[N] units that nobody holds, in functional warehouses that sell; of a bundle, how many they make."""
        sells = np.asarray(self.beneath.supply.network.functionals.sellable, bool)
        units = np.asarray(self.beneath.stock.free)[sells].sum(axis=0, dtype=np.int64, keepdims=True)
        free: Int64s = self.with_bundles(units)[0]
        return free

    def _read_numbers(self, names: list[str]) -> dict[str, Int64s]:
        """The ids, ascending, and the numbers in their order; EMPTY for what isn't known."""
        if self.wanted is None:
            allow_memory()
        exact = ["sku.id", *(f"coalesce(({READS[name].sql})::bigint, {EMPTY})" for name in names)]
        columns = ", ".join(f"string_agg(int8send({sql}), ''::bytea)" for sql in exact)
        joins = " ".join(dict.fromkeys(READS[name].join for name in names))
        params = self.params | {"zone": settings.TIME_ZONE, "lifecycles": list(LIFECYCLES)}
        if "season" in names:
            params["seasons"] = list(self.seasons)
        ids, *numbers = read_columns(f"SELECT {columns} FROM inventory_sku sku {joins} WHERE {self.where()}", params)
        order = None if bool(np.all(ids[1:] > ids[:-1])) else np.argsort(ids)
        found = [ids, *numbers] if order is None else [column[order] for column in (ids, *numbers)]
        return dict(zip(["id", *names], found, strict=True))
