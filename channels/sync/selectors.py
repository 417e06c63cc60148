"""Reads for listing targets: which listings follow a SKU, what each should show, what waits to be sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import connection
from django.db.models import F, Q, QuerySet

from channels.shops.models import Listing, ListingPart
from channels.sync.models import ListingTarget, SyncDefaults
from channels.sync.rules import NEUTRAL, Parts, SyncPolicy, apply_policies, listing_quantities, merge_policy
from core.bulk import INT32_MAX, Bools, Int64s, column_index

_PARTS = """
    SELECT part.listing_id, part.quantity, coalesce(stored.quantity, 0)
    FROM channels_listingpart part
    JOIN channels_listing listing ON listing.id = part.listing_id
    LEFT JOIN channels_shopquantity stored ON stored.sku_id = part.sku_id AND stored.shop_id = listing.shop_id
    WHERE part.listing_id = ANY(%s)
    ORDER BY part.listing_id
"""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What the sync policies make of the stored shop quantities: [N] by listing id, ascending."""

    listing_ids: Int64s
    shop_ids: Int64s
    quantity: Int64s
    backed: Bools  # False where a fixed number is published
    increase_only: Bools
    broken: Mapping[int, str]  # listing id: why its policy can't be applied; such a listing is not above


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


def load_wanted(listing_ids: Sequence[int]) -> Wanted:
    """What each of these listings should show; those that aren't open are left out."""
    rows = list(
        open_listings()
        .filter(id__in=listing_ids)
        .order_by("id")
        .values_list("id", "shop_id", "increase_only", "shop__sync", "sync")
    )
    policies, policy, broken = _merge_policies([(row[3], row[4]) for row in rows])
    faults = {rows[at][0]: fault for at, fault in broken.items()}
    kept = [at for at in range(len(rows)) if at not in broken]
    ids = np.array([rows[at][0] for at in kept], np.int64)
    chosen = policy[kept]
    fixed = np.array([each.fixed is not None for each in policies], bool)
    return Wanted(
        listing_ids=ids,
        shop_ids=np.array([rows[at][1] for at in kept], np.int64),
        quantity=np.minimum(apply_policies(_backing(ids), policies, chosen), INT32_MAX),
        backed=~fixed[chosen],
        increase_only=np.array([rows[at][2] for at in kept], bool),
        broken=faults,
    )


def due_targets(now: datetime) -> QuerySet[ListingTarget]:
    """Targets with a number to send now: not yet tried, or their time has come again."""
    due = Q(retry_at__lte=now) | (Q(retry_at=None) & ~Q(state=ListingTarget.State.REFUSED))
    return ListingTarget.objects.filter(
        due,
        version__gt=F("published_version"),
        listing__active=True,
        listing__paused=False,
    )


def find_due_shops(now: datetime, platforms: Sequence[str]) -> list[int]:
    """Active shops of these platforms with a number to send, that nobody serves and that may be called."""
    found = due_targets(now).filter(
        Q(shop__leased_until=None) | Q(shop__leased_until__lt=now),
        Q(shop__push_after=None) | Q(shop__push_after__lte=now),
        shop__active=True,
        shop__platform__in=platforms,
    )
    return list(found.order_by("shop_id").values_list("shop_id", flat=True).distinct())


def _backing(listing_ids: Int64s) -> Int64s:
    """[N] how many units of each listing the shop's stored quantities allow."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTS, [listing_ids.tolist()])
        rows = np.array(cursor.fetchall(), np.int64).reshape(-1, 3)
    parts = Parts(
        listing=column_index(listing_ids)[rows[:, 0]],
        shop=np.zeros(len(rows), np.int64),
        column=np.arange(len(rows)),
        quantity=rows[:, 1],
    )
    return listing_quantities(rows[None, :, 2], parts, listing_ids.size)


def _merge_policies(
    layers: Sequence[tuple[dict[str, object], dict[str, object]]],
) -> tuple[list[SyncPolicy], Int64s, dict[int, str]]:
    """(distinct policies, the policy of each row, why a row's policy can't be merged)."""
    defaults = SyncDefaults.objects.values_list("policy", flat=True).first() or {}
    merged: dict[str, int] = {}
    policies: list[SyncPolicy] = [NEUTRAL]
    faults: dict[str, str] = {}
    rows = np.zeros(len(layers), np.int64)
    broken = {}
    for at, (shop, listing) in enumerate(layers):
        key = repr((shop, listing))
        if key not in merged:
            merged[key] = len(policies)
            try:
                policies.append(merge_policy(defaults, shop, listing))  # type: ignore[arg-type]
            except (ValueError, ArithmeticError) as error:
                # One unusable policy must not keep the numbers of all others from moving.
                faults[key] = str(error)
                policies.append(NEUTRAL)
        rows[at] = merged[key]
        if key in faults:
            broken[at] = faults[key]
    return policies, rows, broken
