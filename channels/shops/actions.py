"""Marks what a change of shops, shares and listings touches. Call the verb in the transaction of the change.

Where something is taken away (a share, a part of a listing), mark before the change as well as after it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from channels.shops.models import DedicatedUnits, Listing, ListingPart, Share, Shop
from channels.sync.actions import refresh_targets, request_publishing
from channels.sync.selectors import due_targets
from core.upserts import upsert
from inventory.ledger.actions.marks import mark_pools, mark_skus

Rows = Sequence[Mapping[str, Any]]
ABSENT = ...  # in a row's `sync`: the listing doesn't set this field


@transaction.atomic
def save_shares(rows: Rows, *, actor: str) -> None:
    """Add and change shares, given as field values, with the `id` of a share that is changed."""
    mark_shares(share.pk for share in upsert(Share, rows))


@transaction.atomic
def save_dedicated_units(rows: Rows, *, actor: str) -> None:
    """Add and change dedicated units; what is consumed stays."""
    lock_dedicated_units(row["id"] for row in rows if "id" in row)
    mark_dedicated_units(units.pk for units in upsert(DedicatedUnits, rows))


@transaction.atomic
def save_listings(rows: Rows, *, actor: str) -> None:
    """Add and change listings.

    `parts`, when given, are all the parts a listing has then (units by SKU id); `sync` sets the named
    fields of its policy, and takes away those that are ABSENT.
    """
    plain = [{name: value for name, value in row.items() if name not in ("parts", "sync")} for row in rows]
    known = [row["id"] for row in rows if "id" in row]
    mark_listings(known)  # for the SKUs that are about to leave
    policies = dict(Listing.objects.select_for_update().filter(id__in=known).values_list("id", "sync"))
    for changed, row in zip(plain, rows, strict=True):
        if "sync" in row:
            merged = policies.get(row.get("id", 0), {}) | row["sync"]
            changed["sync"] = {name: value for name, value in merged.items() if value is not ABSENT}
    saved = [listing.pk for listing in upsert(Listing, plain)]
    parts = {pk: row["parts"] for pk, row in zip(saved, rows, strict=True) if "parts" in row}
    ListingPart.objects.filter(listing__in=parts).delete()
    ListingPart.objects.bulk_create(
        [
            ListingPart(listing_id=listing, sku_id=sku, quantity=quantity)
            for listing, units in parts.items()
            for sku, quantity in units.items()
        ],
        5000,
    )
    mark_listings(saved)


def mark_shares(share_ids: Iterable[int]) -> int:
    """Shares changed: mark what lies beneath their pools, for a share counts for all shops of its pool."""
    shares = Share.objects.filter(id__in=list(share_ids))
    return mark_pools(shares.values_list("pool_id", flat=True))


@transaction.atomic
def mark_dedicated_units(dedicated_ids: Iterable[int]) -> int:
    """Dedicated units change: lock them, as whoever sells them does before marking, and mark their SKUs."""
    return mark_skus(lock_dedicated_units(dedicated_ids))


@transaction.atomic
def mark_listings(listing_ids: Iterable[int]) -> int:
    """Listings changed (parts, sync policy, pause, activity): mark the SKUs they are made of; how many.

    The targets follow with the SKUs, so a worker under way can't undo them. A listing of no SKU has nobody
    to follow and is brought up to date here, and so is one with a number to send: while a listing is closed, nobody
    decides what it shows.
    """
    listings = list(listing_ids)
    with_parts = ListingPart.objects.filter(listing__in=listings)
    marked = mark_skus(with_parts.values_list("sku_id", flat=True))
    alone = Listing.objects.filter(id__in=listings, parts=None).values_list("id", flat=True)
    due = due_targets(timezone.now()).filter(listing__in=listings).values_list("listing_id", flat=True)
    refresh_targets(sorted({*alone, *due}))
    # A listing that leaves its pause may have a number waiting that hasn't changed since.
    request_publishing(set(Listing.objects.filter(id__in=listings).values_list("shop_id", flat=True)))
    return marked


def mark_shops(shop_ids: Iterable[int]) -> int:
    """The sync policy or the activity of shops changed: mark the SKUs of their listings."""
    return mark_listings(Listing.objects.filter(shop__in=list(shop_ids)).values_list("id", flat=True))


def mark_sync_defaults() -> int:
    """The default sync policy changed: mark the SKUs of all listings."""
    return mark_listings(Listing.objects.values_list("id", flat=True))


@transaction.atomic
def renew_access(shop_ids: Iterable[int]) -> int:
    """The credentials of shops changed: try their platforms again at once; how many shops."""
    ids = list(shop_ids)
    count = Shop.objects.filter(id__in=ids).update(push_after=None, push_problem="")
    request_publishing(ids)
    return count


def lock_dedicated_units(dedicated_ids: Iterable[int]) -> list[int]:
    """Lock dedicated units in the order of sales; the ids of their SKUs."""
    locked = DedicatedUnits.objects.filter(id__in=list(dedicated_ids)).order_by("id").select_for_update()
    return list(locked.values_list("sku_id", flat=True))
