"""Open listings: what they are made of, and what the default, their shops and they themselves say of their policy."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import QuerySet

from channels.shops.models import Listing, ListingPart, Shop
from channels.sync.models import SyncDefaults
from channels.sync.rules import Layers
from core.bulk import Bools, Int64s, column_index, read_packed
from inventory.catalogue.models import Sku
from inventory.supply.rules import NONE

_OPEN = """
    SELECT listing.id, listing.shop_id, listing.increase_only, nullif(listing.sync, '{}'::jsonb)::text
    FROM channels_listing listing JOIN channels_shop shop ON shop.id = listing.shop_id
    WHERE listing.id = ANY(%s) AND listing.active AND NOT listing.paused AND shop.active
    ORDER BY listing.id
"""
_PARTS = """
    SELECT 0, string_agg(int8send(part.listing_id << 32 | part.sku_id), ''::bytea ORDER BY part.id),
           string_agg(int8send(part.quantity::bigint << 32 | coalesce(stored.quantity, 0)), ''::bytea ORDER BY part.id)
    FROM channels_listingpart part
    JOIN channels_listing listing ON listing.id = part.listing_id
    LEFT JOIN channels_shopquantity stored ON stored.sku_id = part.sku_id AND stored.shop_id = listing.shop_id
    WHERE part.listing_id = ANY(%s)
"""
_Row = tuple[int, int, bool, str | None]


@dataclass(frozen=True, slots=True, eq=False)
class PartRows:
    """The parts of N listings: [K] one entry per part, ascending by `listing`."""

    listing: Int64s  # row of the listing, 0..N-1
    sku_ids: Int64s
    needed: Int64s  # units of the SKU per unit sold
    stored: Int64s  # units of the SKU that the shop may sell, as stored


@dataclass(frozen=True, slots=True, eq=False)
class OpenListings:
    """Open listings: [N] by id, ascending."""

    ids: Int64s
    shop_ids: Int64s
    increase_only: Bools  # by their own flag
    layers: Layers
    parts: PartRows
    main_skus: Int64s  # what strategies judge them by: the part with the most units, ties by code; NONE without parts
    main_stored: Int64s  # units of it that the shop may sell, as stored


def open_listings() -> QuerySet[Listing]:
    """The listings whose number may change: active, not paused, in an active shop."""
    return Listing.objects.filter(active=True, paused=False, shop__active=True)


def find_listings(sku_ids: Sequence[int] | None = None) -> list[int]:
    """Ids of the open listings with one of these SKUs as a part (all by default), ascending."""
    if sku_ids is None:
        return list(open_listings().order_by("id").values_list("id", flat=True))
    parts = ListingPart.objects.filter(
        sku__in=sku_ids, listing__active=True, listing__paused=False, listing__shop__active=True
    )
    return list(parts.order_by("listing_id").values_list("listing_id", flat=True).distinct())


def load_listings(listing_ids: Sequence[int]) -> OpenListings:
    """Those of these listings that are open."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [list(listing_ids)])
        rows: list[_Row] = cursor.fetchall()
    ids = np.array([row[0] for row in rows], np.int64)
    parts = load_parts(ids)
    main = _main_parts(parts, ids.size)
    return OpenListings(
        ids=ids,
        shop_ids=np.array([row[1] for row in rows], np.int64),
        increase_only=np.array([row[2] for row in rows], bool),
        layers=_layers(rows),
        parts=parts,
        main_skus=np.append(parts.sku_ids, NONE)[main],
        main_stored=np.append(parts.stored, 0)[main],
    )


def main_part(parts: Iterable[ListingPart]) -> ListingPart | None:
    """The part of a listing that strategies judge it by: the one with the most units, ties by code."""
    return min(parts, key=lambda part: (-part.quantity, part.sku.code), default=None)


def load_parts(listing_ids: Int64s) -> PartRows:
    """The parts of these listings (ascending)."""
    ((_key, of, units),) = read_packed(_PARTS, [listing_ids.tolist()])
    listing = column_index(listing_ids)[of[:, 0]]
    order = np.argsort(listing, kind="stable")
    columns = (listing, of[:, 1], units[:, 0], units[:, 1])
    return PartRows(*(column[order].astype(np.int64) for column in columns))


def _main_parts(parts: PartRows, listings: int) -> Int64s:
    """[N] the part that strategies judge each listing by: the one with the most units, ties by code; NONE without."""
    most = np.zeros(listings, np.int64)
    np.maximum.at(most, parts.listing, parts.needed)
    top = np.flatnonzero(parts.needed == most[parts.listing])
    tied = (np.bincount(parts.listing[top], minlength=listings) > 1)[parts.listing[top]]
    rank = np.zeros(top.size, np.int64)
    rank[tied] = _rank_codes(parts.sku_ids[top[tied]])
    top = top[np.argsort(-rank, kind="stable")]  # of two for one listing, the later one is kept
    main = np.full(listings, NONE, np.int64)
    main[parts.listing[top]] = top
    return main


def _rank_codes(sku_ids: Int64s) -> Int64s:
    """[n] the place of each SKU's code among the codes of all of them."""
    if not sku_ids.size:
        return sku_ids
    ids, at = np.unique(sku_ids, return_inverse=True)
    codes = dict(Sku.objects.filter(id__in=ids.tolist()).values_list("id", "code"))
    rank = {sku: place for place, sku in enumerate(sorted(codes, key=codes.__getitem__))}
    return np.array([rank[sku] for sku in ids.tolist()], np.int64)[at]


def _layers(rows: Iterable[_Row]) -> Layers:
    """What is said of each listing; equal words are kept once."""
    defaults: dict[str, Any] = SyncDefaults.objects.values_list("policy", flat=True).first() or {}
    shops: dict[int, dict[str, Any]] = dict(Shop.objects.values_list("id", "sync"))
    known: dict[tuple[int, str | None], int] = {}
    layer = [known.setdefault((shop, sync), len(known)) for _id, shop, _held, sync in rows]
    merged = [{**defaults, **shops[shop], **(json.loads(sync) if sync else {})} for shop, sync in known]
    return Layers(merged, np.array(layer, np.int64))
