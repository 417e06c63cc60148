"""Reads for listing targets: which listings follow a SKU, what each should show, what waits to be sent."""

from channels.sync.selectors.due import due_targets, find_due_shops
from channels.sync.selectors.judging import load_judge
from channels.sync.selectors.listings import (
    OpenListings,
    find_listings,
    load_listings,
    load_parts,
    main_part,
    open_listings,
)
from channels.sync.selectors.wanted import Wanted, load_wanted

__all__ = [
    "OpenListings",
    "Wanted",
    "due_targets",
    "find_due_shops",
    "find_listings",
    "load_judge",
    "load_listings",
    "load_parts",
    "load_wanted",
    "main_part",
    "open_listings",
]
