"""Reads what the numbers of some SKUs and of their listings are computed from."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from channels.cascade.selectors import LoadedCascade, find_bundles, load_cascade
from channels.preview.rules import OpenListings, State
from channels.shops.models import Shop
from channels.sync.models import SyncDefaults
from channels.sync.rules import NEUTRAL, Parts, SyncPolicy, merge_policy
from core.bulk import Int64s, column_index

# Beyond so many SKUs everything is read: naming each of them would cost more than the rest.
MANY = 5_000

_LISTINGS = """
    SELECT listing.id, listing.shop_id, listing.increase_only,
           CASE WHEN listing.sync = '{{}}'::jsonb THEN NULL ELSE listing.sync::text END
    FROM channels_listing listing JOIN channels_shop shop ON shop.id = listing.shop_id
    WHERE listing.active AND NOT listing.paused AND shop.active {among}
    ORDER BY listing.id
"""
_AMONG = "AND listing.id IN (SELECT part.listing_id FROM channels_listingpart part WHERE part.sku_id = ANY(%s))"
# All parts of a listing, not only those that are touched: its number follows from the scarcest.
_PARTS = "SELECT listing_id, sku_id, quantity FROM channels_listingpart {among} ORDER BY listing_id"
_Row = tuple[int, int, bool, str | None]


def load_state(touched: Sequence[int], now: datetime) -> State:
    """Everything that follows from these SKUs: the bundles they are in and the listings of all of those."""
    if len(touched) > MANY:
        loaded = load_cascade(now=now)
        bundles = loaded.network.bundles
        within = np.asarray(bundles.bundle_id)[np.isin(bundles.component_id, np.array(touched, np.int64))]
        rows = _read(_LISTINGS.format(among=""))
        parts = _as_table(_read(_PARTS.format(among="")))
        return _state(loaded, np.union1d(np.array(touched, np.int64), within), rows, parts)
    skus = np.array(sorted({*touched, *find_bundles(touched)}), np.int64)
    rows = _read(_LISTINGS.format(among=_AMONG), skus.tolist())
    parts = _as_table(_read(_PARTS.format(among="WHERE listing_id = ANY(%s)"), [row[0] for row in rows]))
    loaded = load_cascade(np.union1d(skus, parts[:, 1]), now=now)
    return _state(loaded, skus, rows, parts)


def _state(loaded: LoadedCascade, skus: Int64s, rows: Sequence[_Row], parts: Int64s) -> State:
    """The state of these SKUs and of the listings (rows) that have one of them as a part."""
    touched = set(parts[np.isin(parts[:, 1], skus), 0].tolist())
    rows = [row for row in rows if row[0] in touched]
    policies, policy, faults = _merge(rows)
    kept = [at for at in range(len(rows)) if at not in faults]
    ids = np.array([rows[at][0] for at in kept], np.int64)
    shop_at = {shop: at for at, shop in enumerate(loaded.shop_ids)}
    shops = np.array([shop_at[rows[at][1]] for at in kept], np.int64)
    parts = parts[np.isin(parts[:, 0], ids)]
    listing_at: Int64s = column_index(ids)[parts[:, 0]]
    listings = OpenListings(
        ids=ids,
        shop=shops,
        increase_only=np.array([rows[at][2] for at in kept], bool),
        policies=policies,
        policy=policy[kept],
        parts=Parts(
            listing=listing_at,
            shop=shops[listing_at],
            column=column_index(np.asarray(loaded.stock.sku_ids, np.int64))[parts[:, 1]],
            quantity=parts[:, 2],
        ),
    )
    return State(loaded.network, loaded.stock, loaded.shop_ids, skus, listings, len(faults))


def _as_table(rows: Sequence[tuple[int, int, int]]) -> Int64s:
    return np.array(rows, np.int64).reshape(-1, 3)


def _read(sql: str, ids: Sequence[int] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [] if ids is None else [list(ids)])
        rows: list[Any] = cursor.fetchall()
    return rows


def _merge(rows: Sequence[_Row]) -> tuple[list[SyncPolicy], Int64s, set[int]]:
    """(distinct policies, the policy of each row, the rows whose policy can't be applied)."""
    defaults: dict[str, Any] = SyncDefaults.objects.values_list("policy", flat=True).first() or {}
    shops: dict[int, dict[str, Any]] = dict(Shop.objects.values_list("id", "sync"))
    known: dict[tuple[int, str | None], int | None] = {}
    policies: list[SyncPolicy] = [NEUTRAL]
    policy = np.zeros(len(rows), np.int64)
    faults = set()
    for at, (_id, shop, _held, sync) in enumerate(rows):
        if (shop, sync) not in known:
            merged = _merge_one(defaults, shops[shop], sync)
            known[shop, sync] = None if merged is None else len(policies)
            policies += [merged] if merged else []
        found = known[shop, sync]
        if found is None:
            faults.add(at)
        else:
            policy[at] = found
    return policies, policy, faults


def _merge_one(defaults: dict[str, Any], shop: dict[str, Any], sync: str | None) -> SyncPolicy | None:
    own: dict[str, Any] = json.loads(sync) if sync else {}
    try:
        return merge_policy(defaults, shop, own)
    except (ValueError, ArithmeticError):
        return None
