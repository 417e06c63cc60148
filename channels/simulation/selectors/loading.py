"""Reads everything that all numbers are computed from."""

from datetime import datetime

import numpy as np

from channels.cascade.selectors import load_cascade
from channels.preview.selectors import listing_rows
from channels.simulation.rules.compare import NOTHING, LiveTargets
from channels.simulation.rules.sides import State
from channels.sync.selectors import find_listings, load_listings
from core.bulk import Int64s, column_index, place, read_packed

_TARGETS = """
    SELECT 0, string_agg(int8send(listing_id << 32 | quantity), ''::bytea) FILTER (WHERE version > 0),
           string_agg(int8send(listing_id << 32 | greatest(published_quantity, sent_quantity)), ''::bytea)
               FILTER (WHERE published_quantity IS NOT NULL OR sent_quantity IS NOT NULL)
    FROM channels_listingtarget
"""
_CATEGORIES = """
    SELECT 0, string_agg(int8send(id << 32 | category_id), ''::bytea)
    FROM inventory_sku WHERE category_id IS NOT NULL
"""


def load_state(now: datetime) -> State:
    """The network, the stock and the open listings as the transaction sees them."""
    loaded = load_cascade(now=now)
    return State(
        network=loaded.network,
        stock=loaded.stock,
        shop_ids=loaded.shop_ids,
        allocated=loaded.winners.versions(np.asarray(loaded.stock.sku_ids, np.int64)),
        listings=listing_rows(loaded, load_listings(find_listings()), now),
    )


def load_live_targets(listing_ids: Int64s) -> LiveTargets:
    """The targets of these listings (ascending) as they are stored."""
    ((_, quantity, shown),) = read_packed(_TARGETS, [])
    columns = column_index(listing_ids)
    found = LiveTargets(np.full(listing_ids.size, NOTHING, np.int64), np.full(listing_ids.size, NOTHING, np.int64))
    place(found.quantity, columns, quantity)
    place(found.shown, columns, shown)
    return found


def load_categories(sku_ids: Int64s) -> Int64s:
    """[S] the id of each SKU's category, NOTHING for none."""
    ((_, pairs),) = read_packed(_CATEGORIES, [])
    found = np.full(sku_ids.size, NOTHING, np.int64)
    place(found, column_index(sku_ids), pairs)
    return found
