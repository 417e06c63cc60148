"""What each listing should show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.utils import timezone

from channels.sync.rules import Parts, apply_policies, choose_policies, listing_quantities
from channels.sync.selectors.judging import load_judge
from channels.sync.selectors.listings import PartRows, load_listings
from core.bulk import INT32_MAX, Bools, Int64s


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What the sync policies make of the stored shop quantities: [N] by listing id, ascending."""

    listing_ids: Int64s
    shop_ids: Int64s
    quantity: Int64s
    backed: Bools  # False where a fixed number is published
    increase_only: Bools
    paused: Bools  # by a strategy
    version_ids: Int64s  # of the strategies that decided, NONE for none
    broken: Mapping[int, str]  # row: why its policy can't be applied; its quantity means nothing


def load_wanted(listing_ids: Sequence[int], now: datetime | None = None) -> Wanted:
    """What each of these listings should show, as of now or of another moment; those that aren't open are left out."""
    listings = load_listings(listing_ids)
    cells = listings.shop_ids, listings.main_skus
    judge = load_judge(listings.main_skus, now or timezone.now()).with_cells(*cells, listings.main_stored)
    winner = judge.decide(*cells)
    chosen = choose_policies(listings.layers, judge.verdicts, winner)
    fixed = np.array([each.fixed is not None for each in chosen.policies], bool)
    quantity = apply_policies(_backing(listings.parts, listings.ids.size), chosen.policies, chosen.policy)
    return Wanted(
        listing_ids=listings.ids,
        shop_ids=listings.shop_ids,
        quantity=np.minimum(quantity, INT32_MAX),
        backed=~fixed[chosen.policy],
        increase_only=listings.increase_only | chosen.increase_only,
        paused=chosen.paused,
        version_ids=judge.versions(winner),
        broken=chosen.broken,
    )


def _backing(parts: PartRows, listings: int) -> Int64s:
    """[N] how many units of each listing the shop's stored quantities allow."""
    each = Parts(parts.listing, np.zeros_like(parts.listing), np.arange(parts.listing.size), parts.needed)
    return listing_quantities(parts.stored[None, :], each, listings)
