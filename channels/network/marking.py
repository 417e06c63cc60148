"""Marks what a load has touched, so that the workers compute those numbers and no others."""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import or_

from django.db.models import Model, Q

from channels.network.touched import Touched
from channels.shops.models import Listing, ListingPart
from channels.sync.actions import forget_published, refresh_targets
from inventory.catalogue.actions import mark_changed_fields, mark_moved_categories
from inventory.catalogue.models import Category, Sku
from inventory.ledger.actions import mark_functionals, mark_pools, mark_skus, mark_supplies
from inventory.supply.models import Pool, Supply
from inventory.warehouses.models import FunctionalWarehouse

Mark = Callable[[Sequence[int]], object]


def mark_touched(touched: Touched) -> None:
    """Mark every SKU whose numbers may have moved. Called once everything is written."""
    _mark(Sku, touched.skus, mark_skus)
    mark_changed_fields({name: _find(Sku, codes) for name, codes in touched.sku_fields.items()})
    _mark(Category, touched.categories, mark_moved_categories)
    _mark(Supply, touched.supplies, mark_supplies)
    _mark(Pool, touched.pools, mark_pools)
    _mark(Pool, touched.opened_or_closed, mark_pools, path="shares__shop__code")
    _mark(FunctionalWarehouse, touched.functionals, mark_functionals)
    _mark(FunctionalWarehouse, touched.warehouses, mark_functionals, path="warehouse__code")
    _mark_listings(touched)
    # On another platform nothing was ever published.
    forget_published(Listing.objects.filter(shop__code__in=touched.moved).values_list("pk", flat=True))


def _mark_listings(touched: Touched) -> None:
    """Through their SKUs, so that a listing isn't shown with the number of before its stock was computed."""
    listings = _touched_listings(touched)
    if not listings:
        return
    parts = ListingPart.objects.filter(listing__in=listings)
    found = list(parts.values_list("listing_id", "sku_id"))
    mark_skus({sku for _listing, sku in found})
    # A listing of nothing has no SKU to be marked.
    refresh_targets(sorted(set(listings) - {listing for listing, _sku in found}))


def _touched_listings(touched: Touched) -> list[int]:
    listings = Listing.objects.order_by("id")
    if not touched.every_listing:
        codes: dict[str, set[str]] = {}
        for shop, code in touched.listings:
            codes.setdefault(shop, set()).add(code)
        wanted = [Q(shop__code__in=touched.shops), *(Q(shop__code=s, code__in=c) for s, c in codes.items())]
        listings = listings.filter(reduce(or_, wanted))
    return list(listings.values_list("id", flat=True))


def _mark(model: type[Model], codes: Iterable[str], mark: Mark, path: str = "code") -> None:
    wanted = set(codes)
    if wanted:
        mark(_find(model, wanted, path))


def _find(model: type[Model], codes: Iterable[str], path: str = "code") -> list[int]:
    return list(model._default_manager.filter(**{f"{path}__in": set(codes)}).values_list("id", flat=True))  # noqa: SLF001
