"""The sidebar, grouped as people think, with what the user may see."""

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Page(NamedTuple):
    """A link: its words, symbol, admin URL name, the permission it takes, and a query string."""

    title: Any
    icon: str
    name: str
    permission: str = ""
    query: str = ""


DEDICATED = "channels.view_dedicatedunits"
GROUPS: tuple[tuple[Any, tuple[Page, ...]], ...] = (
    ("", (Page(_("Today"), "today", "index"),)),
    (
        _("Stock"),
        (
            Page(_("Stock by SKU"), "search", "sku_stock_search", "inventory.view_stockrow"),
            Page(_("Stock rows"), "shelves", "inventory_stockrow_changelist", "inventory.view_stockrow"),
            Page(_("Ledger"), "receipt_long", "inventory_ledgerentry_changelist", "inventory.view_ledgerentry"),
            Page(_("Holds"), "lock", "inventory_hold_changelist", "inventory.view_hold", "state=open"),
        ),
    ),
    (
        _("Supply"),
        (
            Page(_("Supply warehouses"), "warehouse", "inventory_supply_changelist", "inventory.view_supply"),
            Page(_("Links"), "link", "inventory_supplylink_changelist", "inventory.view_supplylink"),
            Page(_("Overrides"), "rule", "inventory_linkoverride_changelist", "inventory.view_linkoverride"),
            Page(_("Dispatch pools"), "waves", "inventory_pool_changelist", "inventory.view_pool"),
        ),
    ),
    (
        _("Channels"),
        (
            Page(_("Shops"), "storefront", "channels_shop_changelist", "channels.view_shop"),
            Page(_("Shares"), "percent", "channels_share_changelist", "channels.view_share"),
            Page(
                _("Dedicated units"), "bookmark", "channels_dedicatedunits_changelist", "channels.view_dedicatedunits"
            ),
            Page(
                _("Reservations"),
                "shopping_cart",
                "channels_reservation_changelist",
                "channels.view_reservation",
                "state__exact=held",
            ),
            Page(
                _("Shortages"), "production_quantity_limits", "channels_shortage_changelist", "channels.view_shortage"
            ),
            Page(_("Listings"), "sell", "channels_listing_changelist", "channels.view_listing"),
            Page(_("Shop quantities"), "pin", "channels_shopquantity_changelist", "channels.view_shopquantity"),
            Page(_("Sales by day"), "monitoring", "channels_shopsales_changelist", "channels.view_shopsales"),
            Page(_("Figures of SKUs"), "insights", "channels_skufigures_changelist", "channels.view_skufigures"),
            Page(_("Why this number?"), "help", "why_search", "channels.view_shopquantity"),
            Page(_("Publishing"), "publish", "channels_listingtarget_changelist", "channels.view_listingtarget"),
        ),
    ),
    (
        _("Strategy centre"),
        (
            Page(_("Strategies"), "account_tree", "strategies_strategy_changelist", "strategies.view_strategy"),
            Page(_("Simulations"), "science", "channels_simulation_changelist", "channels.view_simulation"),
            Page(_("Which strategy decides here?"), "rule_settings", "which_strategy", "strategies.view_strategy"),
        ),
    ),
    (
        _("Catalogue"),
        (
            Page(_("SKUs"), "inventory_2", "inventory_sku_changelist", "inventory.view_sku"),
            Page(_("Brands"), "branding_watermark", "inventory_brand_changelist", "inventory.view_brand"),
            Page(_("Categories"), "category", "inventory_category_changelist", "inventory.view_category"),
        ),
    ),
    (
        _("Warehouses"),
        (
            Page(_("Warehouses"), "home_work", "inventory_warehouse_changelist", "inventory.view_warehouse"),
            Page(
                _("Functional warehouses"),
                "grid_view",
                "inventory_functionalwarehouse_changelist",
                "inventory.view_functionalwarehouse",
            ),
            Page(_("Goods statuses"), "label", "inventory_goodsstatus_changelist", "inventory.view_goodsstatus"),
            Page(_("Regions"), "map", "inventory_region_changelist", "inventory.view_region"),
        ),
    ),
    (
        _("Settings"),
        (
            Page(_("Default sync policy"), "sync", "channels_syncdefaults_changelist", "channels.view_syncdefaults"),
            Page(_("Channels"), "hub", "channels_channel_changelist", "channels.view_channel"),
            Page(_("Users"), "person", "auth_user_changelist", "auth.view_user"),
            Page(_("Groups"), "group", "auth_group_changelist", "auth.view_group"),
            Page(_("API keys"), "key", "core_apikey_changelist", "core.view_apikey"),
            Page(_("Jobs"), "pending_actions", "core_job_changelist", "core.view_job"),
            Page(_("Audit"), "fact_check", "core_auditrun_changelist", "core.view_auditrun"),
            Page(
                _("Waiting to be computed"),
                "hourglass_top",
                "inventory_waitingsku_changelist",
                "inventory.view_waitingsku",
            ),
            Page(_("Activity"), "history", "admin_logentry_changelist", "admin.view_logentry"),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups with at least one page the user may see, as unfold wants them."""
    shown = [(title, [page for page in pages if _may_see(request, page)]) for title, pages in GROUPS]
    return [
        {"title": title, "separator": bool(title), "items": [_item(request, page) for page in pages]}
        for title, pages in shown
        if pages
    ]


def _may_see(request: HttpRequest, page: Page) -> bool:
    return not page.permission or request.user.has_perm(page.permission)


def _item(request: HttpRequest, page: Page) -> dict[str, Any]:
    url = reverse(f"admin:{page.name}")
    # unfold would also light up every page whose address merely begins the same.
    active = request.path == url if page.name == "index" else request.path.startswith(url)
    link = f"{url}?{page.query}" if page.query else url
    return {"title": page.title, "icon": page.icon, "link": link, "active": lambda _request: active}
