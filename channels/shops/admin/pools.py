"""Pages of shares, dedicated units and pools with their shares."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db import connection
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectMultipleFilter,
    BooleanRadioFilter,
    RangeNumericFilter,
)

from channels.shops.actions import mark_dedicated_units, mark_shares
from channels.shops.models import DedicatedUnits, Share
from core.admin_base import ActivityAdmin, MarkingAdmin
from core.admin_inlines import Inline
from core.sheets.admin import SheetAdminMixin
from inventory.supply.admin import PoolAdmin
from inventory.supply.models import Pool


class ShareInline(Inline):
    """Which shops see how much of a pool; `fk_name` decides from which side."""

    model = Share
    fields = ("pool", "shop", "ratio", "holdback", "cap", "priority", "home_supply", "active")
    autocomplete_fields = ("pool", "shop", "home_supply")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Share]:
        """With what every row names."""
        rows: QuerySet[Share] = super().get_queryset(request)
        return rows.select_related("pool", "shop", "home_supply")


@admin.register(Pool)
class SharedPoolAdmin(PoolAdmin):
    """Pools, with the shops they serve."""

    inlines = (ShareInline,)
    list_display = (*PoolAdmin.list_display, "shop_count")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pool]:
        """With the number of shares."""
        return super().get_queryset(request).annotate(sharing=Count("shares"))

    def mark_rows(self, rows: Sequence[Model]) -> None:
        """What lies beneath the pools and the changed shares."""
        super().mark_rows(rows)
        mark_shares([row.pk for row in rows if isinstance(row, Share)])

    @admin.display(description=gettext_lazy("shops"), ordering="sharing")
    def shop_count(self, pool: Any) -> int:
        """How many shops it serves."""
        return int(pool.sharing)


@admin.register(Share)
class ShareAdmin(SheetAdminMixin, ActivityAdmin):
    """What each shop may see of each pool."""

    sheets = ("shares",)
    list_display = ("pool", "shop", "ratio", "holdback", "cap", "priority", "home_supply", "active")
    list_display_links = ("pool", "shop")
    list_editable = ("ratio", "holdback", "cap", "priority", "active")
    list_select_related = ("pool", "shop", "home_supply")
    list_filter = (
        ("pool", AutocompleteSelectMultipleFilter),
        ("shop", AutocompleteSelectMultipleFilter),
        ("active", BooleanRadioFilter),
        ("ratio", RangeNumericFilter),
    )
    search_fields = ("pool__code", "pool__name", "shop__code", "shop__name")
    autocomplete_fields = ("pool", "shop", "home_supply")
    fixed_fields = ("pool", "shop")
    empty_hint = gettext_lazy("A share lets a shop see a part of a pool. Add one for each shop that sells from it.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Share]:
        """With what every row names."""
        rows: QuerySet[Share] = super().get_queryset(request)
        return rows.select_related("pool", "shop", "home_supply")

    def mark_rows(self, rows: Sequence[Model]) -> None:
        """What lies beneath their pools."""
        mark_shares([row.pk for row in rows])


@admin.register(DedicatedUnits)
class DedicatedUnitsAdmin(SheetAdminMixin, MarkingAdmin):
    """Units set aside for one shop of a pool."""

    sheets = ("dedicated-units",)
    list_display = ("pool", "shop", "sku", "sku_name", "quantity", "consumed", "outstanding")
    list_display_links = ("pool", "shop", "sku")
    list_select_related = ("pool", "shop", "sku")
    list_filter = (
        ("pool", AutocompleteSelectMultipleFilter),
        ("shop", AutocompleteSelectMultipleFilter),
        ("sku", AutocompleteSelectMultipleFilter),
        ("quantity", RangeNumericFilter),
    )
    search_fields = ("sku__code", "sku__name", "sku__search_name", "shop__code", "pool__code")
    autocomplete_fields = ("pool", "shop", "sku")
    fields = (("pool", "shop"), "sku", ("quantity", "consumed"))
    readonly_fields = ("consumed",)
    fixed_fields = ("pool", "shop", "sku")
    empty_hint = gettext_lazy(
        "No units are dedicated. Dedicated units are set aside for one shop and hidden from the others."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[DedicatedUnits]:
        """With what every row names."""
        rows: QuerySet[DedicatedUnits] = super().get_queryset(request)
        return rows.select_related("pool", "shop", "sku")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> DedicatedUnits | None:
        """The units, locked when they are about to be saved: sales count on the row what they consume."""
        found: DedicatedUnits | None = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST" or not connection.in_atomic_block:
            return found
        return DedicatedUnits.objects.filter(pk=found.pk).order_by("pk").select_for_update().first()

    def mark_rows(self, rows: Sequence[Model]) -> None:
        """Their SKUs."""
        mark_dedicated_units([row.pk for row in rows])

    @admin.display(description=gettext_lazy("name"), ordering="sku__name")
    def sku_name(self, units: DedicatedUnits) -> str:
        """The SKU's name."""
        return units.sku.name

    @admin.display(description=gettext_lazy("outstanding"))
    def outstanding(self, units: DedicatedUnits) -> int:
        """Units that are still set aside."""
        return units.quantity - units.consumed
