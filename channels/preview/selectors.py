"""Reads what the numbers of some SKUs and of their listings are computed from."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from channels.cascade.selectors import LoadedCascade, find_bundles, load_cascade
from channels.preview.rules import ListingRows, State
from channels.sync.rules import Parts
from channels.sync.selectors import OpenListings, find_listings, load_judge, load_listings, load_parts
from core.bulk import Int64s, column_index

# Beyond so many SKUs everything is read: naming each of them would cost more than the rest.
MANY = 5_000


def load_state(touched: Sequence[int], now: datetime) -> State:
    """Everything that follows from these SKUs: the bundles they are in and the listings of all of those."""
    if len(touched) > MANY:
        loaded = load_cascade(now=now)
        bundles = loaded.network.bundles
        within = np.asarray(bundles.bundle_id)[np.isin(bundles.component_id, np.array(touched, np.int64))]
        skus: Int64s = np.union1d(np.array(touched, np.int64), within)
        listings = load_listings(_listings_of(skus))
    else:
        skus = np.array(sorted({*touched, *find_bundles(touched)}), np.int64)
        listings = load_listings(find_listings(skus.tolist()))
        # All parts of a listing, not only those that are touched: its number follows from the scarcest.
        loaded = load_cascade(np.union1d(skus, listings.parts.sku_ids), now=now)
    return State(loaded.network, loaded.stock, loaded.shop_ids, skus, listing_rows(loaded, listings, now))


def _listings_of(sku_ids: Int64s) -> list[int]:
    ids = np.array(find_listings(), np.int64)
    parts = load_parts(ids)
    found: list[int] = ids[np.unique(parts.listing[np.isin(parts.sku_ids, sku_ids)])].tolist()
    return found


def listing_rows(loaded: LoadedCascade, listings: OpenListings, now: datetime) -> ListingRows:
    """These listings as the comparison takes them: in the rows and columns of what was loaded."""
    shops: Int64s = column_index(np.array(loaded.shop_ids, np.int64))[listings.shop_ids]
    parts = listings.parts
    return ListingRows(
        ids=listings.ids,
        shop_ids=listings.shop_ids,
        shop=shops,
        main_skus=listings.main_skus,
        increase_only=listings.increase_only,
        layers=listings.layers,
        judge=load_judge(listings.main_skus, now),
        parts=Parts(
            listing=parts.listing,
            shop=shops[parts.listing],
            column=column_index(np.asarray(loaded.stock.sku_ids, np.int64))[parts.sku_ids],
            quantity=parts.needed,
        ),
    )
