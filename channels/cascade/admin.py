"""Shop quantities: the result of the cascade."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectMultipleFilter, RangeDateTimeFilter, RangeNumericFilter
from unfold.paginator import InfinitePaginator

from channels.cascade.models import ShopQuantity
from channels.templatetags.onepool import why_url
from core.admin_base import ReadOnlyAdmin, two_lines


@admin.register(ShopQuantity)
class ShopQuantityAdmin(ReadOnlyAdmin):
    """How many units of each SKU each shop may sell."""

    list_display = ("item", "shop", "quantity", "updated_at", "why")
    list_display_links = None
    list_select_related = ("sku", "shop")
    list_filter = (
        ("shop", AutocompleteSelectMultipleFilter),
        ("sku", AutocompleteSelectMultipleFilter),
        ("sku__brand", AutocompleteSelectMultipleFilter),
        ("sku__category", AutocompleteSelectMultipleFilter),
        ("quantity", RangeNumericFilter),
        ("updated_at", RangeDateTimeFilter),
    )
    search_fields = ("sku__code", "sku__name", "sku__search_name", "sku__barcode")
    # SKUs times shops: counting all of them for the number of pages would be the slowest part.
    paginator = InfinitePaginator
    empty_hint = gettext_lazy("No shop may sell anything yet. Give a shop a share of a pool that holds stock.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShopQuantity]:
        """With what every row names."""
        rows: QuerySet[ShopQuantity] = super().get_queryset(request)
        return rows.select_related("sku", "shop")

    @admin.display(description=gettext_lazy("why?"))
    def why(self, row: ShopQuantity) -> SafeString:
        """To how the number comes about."""
        return format_html('<a class="op-link" href="{}">{}</a>', why_url(row.shop.code, row.sku.code), _("Why?"))

    @admin.display(description=gettext_lazy("SKU"), ordering="sku__code")
    def item(self, row: ShopQuantity) -> SafeString:
        """The SKU."""
        return two_lines(row.sku.code, row.sku.name)
