"""What the command palette (Ctrl-K) finds besides pages: SKUs, listings, shops, warehouses and pools."""

from typing import Any, NamedTuple

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from channels.models import Listing, Shop
from inventory.models import Pool, Sku, Supply, Warehouse

MOST = 8


class Kind(NamedTuple):
    """A model to search, with the symbol of its results."""

    model: Any
    icon: str


KINDS = (
    Kind(Sku, "inventory_2"),
    Kind(Listing, "sell"),
    Kind(Shop, "storefront"),
    Kind(Warehouse, "home_work"),
    Kind(Supply, "warehouse"),
    Kind(Pool, "waves"),
)


def search(request: HttpRequest, term: str) -> list[SearchResult]:
    """The first few of each kind that the user may see; by the same fields as its list."""
    return [result for kind in KINDS for result in _search_kind(request, kind, term)]


def _search_kind(request: HttpRequest, kind: Kind, term: str) -> list[SearchResult]:
    page = admin.site.get_model_admin(kind.model)
    if not page.has_view_permission(request):
        return []
    rows, distinct = page.get_search_results(request, page.get_queryset(request), term)
    found = (rows.distinct() if distinct else rows)[:MOST]
    meta = kind.model._meta  # noqa: SLF001 — public for all but its name
    return [
        SearchResult(
            title=_title(row),
            description=str(meta.verbose_name),
            link=reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk]),
            icon=kind.icon,
        )
        for row in found
    ]


def _title(row: Any) -> str:
    return " ".join(filter(None, [row.code, getattr(row, "name", "") or getattr(row, "title", "")]))
