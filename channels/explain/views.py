"""The pages "Why this number?" and the stock of a SKU."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.explain.selectors import explain_number, find_scarcest
from channels.explain.selectors.search import find_sku, search_skus, shop_choices
from channels.explain.selectors.sku_stock import load_sku_stock
from channels.explain.shapes import Explanation, ListingFact, SkuPath
from channels.shops.models import Listing
from channels.templatetags.onepool import why_url
from core.errors import NotFound
from inventory.catalogue.models import Sku
from inventory.warehouses.selectors import workplaces


@dataclass(frozen=True, slots=True)
class PathTotals:
    """A path and the numbers that stand between its layers."""

    path: Explanation | SkuPath
    on_hand: int
    atp: int
    supply: int
    pool: int
    warehouses: list[tuple[str, str, int]]  # code, name, on hand


def why(request: HttpRequest, shop_code: str, sku_code: str) -> HttpResponse:
    """The whole path of a shop's number."""
    _require(request, "channels.view_shopquantity")
    return _why_page(request, _explain(shop_code, sku_code), None)


def why_listing(request: HttpRequest, listing_id: int) -> HttpResponse:
    """The path of a listing's number, through the part that limits it."""
    _require(request, "channels.view_shopquantity")
    listing = get_object_or_404(Listing.objects.select_related("shop"), pk=listing_id)
    sku = find_scarcest(listing, timezone.now())
    if sku is None:
        return _search_page(request, shop=listing.shop.code, text="", note=_("This listing has no SKU, so it shows 0."))
    return _why_page(request, _explain(listing.shop.code, sku), listing)


def why_search(request: HttpRequest) -> HttpResponse:
    """Choose a shop and a SKU by code, name or pinyin."""
    _require(request, "channels.view_shopquantity")
    shop, text = request.GET.get("shop", ""), request.GET.get("sku", "").strip()
    sku = find_sku(text)
    if not shop or sku is None:
        return _search_page(request, shop=shop, text=text)
    url = why_url(shop, sku.code)
    if url.partition("?")[0] != request.path:
        return HttpResponseRedirect(url)
    return _why_page(request, _explain(shop, sku.code), None)


def sku_stock(request: HttpRequest, sku: str) -> HttpResponse:
    """All stock of a SKU, by its code or id."""
    _require(request, "inventory.view_stockrow")
    found = find_sku(sku) or (Sku.objects.filter(pk=sku).first() if sku.isdecimal() and len(sku) < 18 else None)
    if found is None:
        raise Http404(_("There is no SKU “%(code)s”.") % {"code": sku})
    stock = load_sku_stock(found, request.user, timezone.now())
    return _page(request, "stock/sku.html", _("Stock of %(sku)s") % {"sku": found.code}, stock=stock, text="")


def sku_stock_search(request: HttpRequest) -> HttpResponse:
    """Choose a SKU by code, name, barcode or pinyin."""
    _require(request, "inventory.view_stockrow")
    text = request.GET.get("sku", "").strip()
    found = search_skus(text)
    if len(found) == 1:
        return sku_stock(request, found[0].code)
    return _page(request, "stock/search.html", _("Stock of a SKU"), text=text, found=found)


def _explain(shop: str, sku: str) -> Explanation:
    try:
        return explain_number(shop, sku, timezone.now())
    except NotFound as error:
        raise Http404(error.detail) from error


def _why_page(request: HttpRequest, explanation: Explanation, listing: Listing | None) -> HttpResponse:
    focus: ListingFact | None = None
    if listing is not None:
        focus = next(each for each in explanation.listings if each.listing_id == listing.pk)
    return _page(
        request,
        "explain/why.html",
        _("Why this number?"),
        explanation=explanation,
        focus=focus,
        totals=None if explanation.components else _totals(explanation),
        components=[(component, _totals(component.path)) for component in explanation.components],
        shops=shop_choices(),
        shop=explanation.shop,
        text=explanation.sku,
    )


def _search_page(request: HttpRequest, *, shop: str, text: str, note: str = "") -> HttpResponse:
    return _page(
        request,
        "explain/search.html",
        _("Why this number?"),
        shops=shop_choices(),
        shop=shop,
        text=text,
        note=note,
        found=search_skus(text),
    )


def _totals(path: Explanation | SkuPath) -> PathTotals:
    warehouses: dict[str, tuple[str, int]] = {}
    for row in path.stock:
        warehouses[row.warehouse] = row.warehouse_name, warehouses.get(row.warehouse, ("", 0))[1] + row.on_hand
    return PathTotals(
        path=path,
        on_hand=sum(row.on_hand for row in path.stock),
        atp=sum(row.atp for row in path.stock),
        supply=sum(supply.quantity for supply in path.supplies),
        pool=sum(pool.quantity for pool in path.pools),
        warehouses=[(code, name, units) for code, (name, units) in warehouses.items()],
    )


def _page(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    return TemplateResponse(request, template, {**admin.site.each_context(request), "title": title, **context})


def _require(request: HttpRequest, permission: str) -> None:
    """Refuse without the permission; numbers of shops are nothing for people who see single warehouses."""
    user: User | AnonymousUser = request.user
    if not user.has_perm(permission):
        raise PermissionDenied
    if permission.startswith("channels.") and workplaces(user) is not None:
        raise PermissionDenied(_("Your account sees single warehouses, not the numbers of shops."))
