"""Sales by day and the figures of SKUs, to look at."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectMultipleFilter,
    ChoicesDropdownFilter,
    RangeDateFilter,
    RangeNumericFilter,
)
from unfold.paginator import InfinitePaginator

from channels.figures.models import ShopSales, SkuFigures
from core.admin_base import ReadOnlyAdmin, two_lines
from core.sheets.admin import SheetAdminMixin

SEARCHED = ("sku__code", "sku__name", "sku__search_name", "sku__barcode")


class SkuRowsAdmin(ReadOnlyAdmin):
    """Rows about SKUs, as many as nobody counts for the number of pages."""

    list_display_links = None
    search_fields = SEARCHED
    paginator = InfinitePaginator

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the SKU that every row names."""
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("sku")

    @admin.display(description=gettext_lazy("SKU"), ordering="sku__code")
    def item(self, row: Any) -> SafeString:
        """The SKU."""
        return two_lines(row.sku.code, row.sku.name)


@admin.register(ShopSales)
class ShopSalesAdmin(SheetAdminMixin, SkuRowsAdmin):
    """What each shop sold of each SKU, day by day."""

    sheets = ("sales-history",)
    list_display = ("day", "shop", "item", "units", "imported")
    list_filter = (
        ("shop", AutocompleteSelectMultipleFilter),
        ("sku", AutocompleteSelectMultipleFilter),
        ("day", RangeDateFilter),
        ("units", RangeNumericFilter),
        "imported",
    )
    empty_hint = gettext_lazy("Nothing is sold yet. Import what shops sold before, so that strategies can go by it.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShopSales]:
        """With what every row names."""
        return super().get_queryset(request).select_related("shop")


@admin.register(SkuFigures)
class SkuFiguresAdmin(SkuRowsAdmin):
    """What strategies can ask about: sales of late, the age of the stock, the ABC class."""

    list_display = ("item", "sold_7", "sold_30", "stocked_on", "abc")
    list_filter = (
        ("sku__brand", AutocompleteSelectMultipleFilter),
        ("sku__category", AutocompleteSelectMultipleFilter),
        ("sold_30", RangeNumericFilter),
        ("abc", ChoicesDropdownFilter),
    )
    empty_hint = gettext_lazy("There are no figures yet. They are computed every hour.")
