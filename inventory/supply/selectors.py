"""Reads the supply network and the stock into the arrays the engine computes with."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import connection, transaction
from django.db.models import Q

from core.bulk import Int64s, allow_memory, column_index, place, read_packed
from inventory.catalogue.models import Category
from inventory.supply.models import LinkOverride, Pool, Supply, SupplyLink
from inventory.supply.rules import NONE, Functionals, Links, Pools, Stock, Supplies, SupplyNetwork, basis_points
from inventory.supply.rules import LinkOverride as Override
from inventory.warehouses.models import FunctionalWarehouse

_STOCK = """
    SELECT functional_id,
           string_agg(int8send(sku_id << 32 | (on_hand - allocated)), ''::bytea),
           string_agg(int8send(sku_id << 32 | safety_stock), ''::bytea) FILTER (WHERE safety_stock IS NOT NULL)
    FROM inventory_stockrow {where} GROUP BY functional_id
"""
_SKUS = "SELECT 0, string_agg(int4send(id::int) || int4send({category}), ''::bytea) FROM inventory_sku {where}"


_UNDER = """
    WITH RECURSIVE tree AS (
        SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS start (category_id, functional_id)
        UNION
        SELECT child.id, tree.functional_id
        FROM inventory_category child JOIN tree ON child.parent_id = tree.category_id
    )
    SELECT DISTINCT stock.sku_id
    FROM tree
    JOIN inventory_sku sku ON sku.category_id = tree.category_id
    JOIN inventory_stockrow stock ON stock.sku_id = sku.id AND stock.functional_id = tree.functional_id
    WHERE stock.on_hand > 0
"""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedSupply:
    """The network, and the database ids behind its indices, in the same order."""

    network: SupplyNetwork
    functional_ids: tuple[int, ...]
    link_ids: tuple[int, ...]
    supply_ids: tuple[int, ...]
    pool_ids: tuple[int, ...]
    override_ids: tuple[int, ...]
    category_ids: tuple[int, ...]


@contextmanager
def one_snapshot() -> Iterator[None]:
    """All reads inside see one state of the database, unless the caller is in a transaction already."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def is_open(active: bool, starts_at: datetime | None, ends_at: datetime | None, now: datetime) -> bool:  # noqa: FBT001
    """Whether a pool holds stock at `now`: from its start, up to but not at its end."""
    return active and (starts_at is None or starts_at <= now) and (ends_at is None or now < ends_at)


def find_skus_under(pairs: Sequence[tuple[int, int]]) -> set[int]:
    """SKUs of each category and all beneath it that lie in the functional warehouse named with it."""
    with connection.cursor() as cursor:
        cursor.execute(_UNDER, [[category for category, _ in pairs], [functional for _, functional in pairs]])
        return {sku for (sku,) in cursor.fetchall()}


def load_supply(now: datetime, sku_ids: Int64s | None = None) -> LoadedSupply:
    """The network as it counts for these SKUs (all by default), in a fixed number of queries."""
    functionals = list(
        FunctionalWarehouse.objects.order_by("code").values_list(
            "id", "code", "sellable", "active", "warehouse__active", "safety_stock"
        )
    )
    supplies = list(Supply.objects.order_by("code").values_list("id", "code", "active"))
    functional_at = {row[0]: at for at, row in enumerate(functionals)}
    supply_at = {row[0]: at for at, row in enumerate(supplies)}
    link_ids, links = _load_links(functional_at, supply_at)
    override_ids, category_ids, parents, overrides = _load_overrides(link_ids, sku_ids)
    pool_ids, pools = _load_pools(supply_at, now)
    network = SupplyNetwork(
        functionals=Functionals(
            codes=tuple(row[1] for row in functionals),
            sellable=np.array([all(row[2:5]) for row in functionals], bool),
            safety=np.array([row[5] for row in functionals], np.int64),
        ),
        links=links,
        supplies=Supplies(tuple(row[1] for row in supplies), np.array([row[2] for row in supplies], bool)),
        pools=pools,
        overrides=overrides,
        category_parent=parents,
    )
    return LoadedSupply(network, tuple(functional_at), link_ids, tuple(supply_at), pool_ids, override_ids, category_ids)


def load_stock(supply: LoadedSupply, sku_ids: Int64s | None = None) -> Stock:
    """The stock of these SKUs (all by default) in the rows of `supply`; the columns ascend by SKU id."""
    skus = _load_skus(sku_ids, with_category=bool(supply.category_ids))
    ids = skus[:, 0]
    if sku_ids is None:
        allow_memory()
        packed = read_packed(_STOCK.format(where=""), [])
    else:
        packed = read_packed(_STOCK.format(where="WHERE sku_id = ANY(%s)"), [ids.tolist()])
    row_at = {functional: row for row, functional in enumerate(supply.functional_ids)}
    shape = (len(row_at), ids.size)
    free = np.zeros(shape, np.int32)
    safety = np.full(shape, NONE, np.int32) if any(own.size for _, _, own in packed) else None
    columns = column_index(ids)
    for functional, units, own in packed:
        if functional in row_at:  # one added since the network was read holds nothing for it
            place(free[row_at[functional]], columns, units)
            if safety is not None:
                place(safety[row_at[functional]], columns, own)
    category = None
    if supply.category_ids:
        category = column_index(np.array(supply.category_ids, np.int64))[skus[:, 1]]
    return Stock(sku_ids=ids, free=free, safety=safety, category=category)


def _load_skus(sku_ids: Int64s | None, *, with_category: bool) -> Int64s:
    """[S, 2] the existing SKU ids, ascending, and their category ids (-1 for none)."""
    where, params = ("", []) if sku_ids is None else ("WHERE id = ANY(%s)", [sku_ids.tolist()])
    category = "coalesce(category_id, -1)::int" if with_category else "-1"
    ((_, rows),) = read_packed(_SKUS.format(category=category, where=where), params)
    ordered: Int64s = rows[np.argsort(rows[:, 0])].astype(np.int64)
    return ordered


def _load_links(functional_at: dict[int, int], supply_at: dict[int, int]) -> tuple[tuple[int, ...], Links]:
    rows = [
        row
        for row in SupplyLink.objects.order_by("supply__code", "functional__code").values_list(
            "id", "functional_id", "supply_id", "ratio", "reserve", "active"
        )
        if row[1] in functional_at and row[2] in supply_at
    ]
    links = Links(
        functional=np.array([functional_at[row[1]] for row in rows], np.int64),
        supply=np.array([supply_at[row[2]] for row in rows], np.int64),
        ratio=np.array([basis_points(row[3]) for row in rows], np.int64),
        reserve=np.array([row[4] for row in rows], np.int64),
        active=np.array([row[5] for row in rows], bool),
    )
    return tuple(row[0] for row in rows), links


def _load_overrides(
    link_ids: Sequence[int], sku_ids: Int64s | None
) -> tuple[tuple[int, ...], tuple[int, ...], Int64s, tuple[Override, ...]]:
    """(override ids, category ids, their parents, overrides); no categories when no override names one."""
    wanted = Q() if sku_ids is None else Q(sku=None) | Q(sku__in=sku_ids.tolist())
    link_at = {link: at for at, link in enumerate(link_ids)}
    rows = [
        row
        for row in LinkOverride.objects.filter(wanted)
        .order_by("id")
        .values_list("id", "link_id", "sku_id", "category_id", "ratio", "reserve")
        if row[1] in link_at
    ]
    tree = {}
    if any(row[3] for row in rows):
        tree = dict(Category.objects.order_by("code").values_list("id", "parent_id"))
    category_at = {category: at for at, category in enumerate(tree)}
    overrides = tuple(
        Override(
            link=link_at[link],
            sku_id=sku,
            category=None if category is None else category_at[category],
            ratio=None if ratio is None else basis_points(ratio),
            reserve=reserve,
        )
        for _, link, sku, category, ratio, reserve in rows
    )
    parents = np.array([NONE if p is None else category_at[p] for p in tree.values()], np.int64)
    return tuple(row[0] for row in rows), tuple(tree), parents, overrides


def _load_pools(supply_at: dict[int, int], now: datetime) -> tuple[tuple[int, ...], Pools]:
    rows = list(Pool.objects.order_by("code").values_list("id", "code", "active", "starts_at", "ends_at"))
    gathered: dict[int, list[int]] = {row[0]: [] for row in rows}
    for pool, supply in Pool.supplies.through.objects.values_list("pool_id", "supply_id"):
        if pool in gathered and supply in supply_at:
            gathered[pool].append(supply_at[supply])
    pools = Pools(
        codes=tuple(row[1] for row in rows),
        open=np.array([is_open(*row[2:], now) for row in rows], bool),
        supplies=tuple(tuple(sorted(gathered[row[0]])) for row in rows),
    )
    return tuple(row[0] for row in rows), pools
