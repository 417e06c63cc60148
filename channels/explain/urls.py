"""Where the pages stand among the admin's."""

from django.contrib import admin
from django.urls import URLPattern, path

from channels.explain import views


def pages() -> list[URLPattern]:
    """The pages, to be put before the admin's own; their names are `admin:why` and so on."""
    guard = admin.site.admin_view
    return [
        path("why/", guard(views.why_search), name="why_search"),
        path("why/listing/<int:listing_id>/", guard(views.why_listing), name="why_listing"),
        path("why/number/<str:shop_code>/<path:sku_code>/", guard(views.why), name="why"),
        path("sku-stock/", guard(views.sku_stock_search), name="sku_stock_search"),
        path("sku-stock/<path:sku>/", guard(views.sku_stock), name="sku_stock"),
    ]
