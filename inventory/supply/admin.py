"""Pages of supply warehouses, links, overrides and pools; channels adds the shares and registers the pools."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import (
    AutocompleteSelectMultipleFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RangeNumericFilter,
    RelatedDropdownFilter,
)

from core.admin_base import ActivityAdmin, MarkingAdmin, link
from core.admin_inlines import Inline
from core.sheets.admin import SheetAdminMixin
from inventory.supply.actions import (
    mark_functionals,
    mark_link_overrides,
    mark_pools,
    mark_supplies,
)
from inventory.supply.models import LinkOverride, Pool, Supply, SupplyLink


def overrides_link(row: Any) -> SafeString | str:
    """To the overrides of a link that was loaded with their number; empty for a link that isn't saved."""
    if row.pk is None:
        return ""
    words = ngettext("%(count)d override", "%(count)d overrides", row.override_count) % {"count": row.override_count}
    return link(words, "inventory_supplylink_change", row.pk)


class LinkInline(Inline):
    """What feeds a supply warehouse."""

    model = SupplyLink
    fields = ("functional", "ratio", "reserve", "active", "overrides")
    readonly_fields = ("overrides",)
    autocomplete_fields = ("functional",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SupplyLink]:
        """With what every row names and the number of overrides."""
        rows: QuerySet[SupplyLink] = super().get_queryset(request)
        return (
            rows.select_related("supply", "functional")
            .annotate(override_count=Count("overrides"))
            .order_by("functional__code")
        )

    @admin.display(description=gettext_lazy("overrides"))
    def overrides(self, row: SupplyLink) -> SafeString | str:
        """To the link's overrides."""
        return overrides_link(row)


@admin.register(Supply)
class SupplyAdmin(ActivityAdmin):
    """Stock gathered from functional warehouses at ratios."""

    list_display = ("code", "name", "active", "link_count", "pool_codes")
    list_filter = (("active", BooleanRadioFilter), ("pools", RelatedDropdownFilter))
    search_fields = ("code", "name")
    inlines = (LinkInline,)
    empty_hint = gettext_lazy("A supply warehouse gathers stock from functional warehouses. Add one and give it links.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Supply]:
        """With the number of links, and the pools."""
        rows: QuerySet[Supply] = super().get_queryset(request)
        return rows.annotate(link_total=Count("links")).prefetch_related("pools")

    def mark_rows(self, rows: Sequence[Model]) -> None:
        """What feeds the supply warehouses, and what lies at the links that changed."""
        mark_supplies([row.pk for row in rows if isinstance(row, Supply)])
        mark_functionals([row.functional_id for row in rows if isinstance(row, SupplyLink)])

    @admin.display(description=gettext_lazy("links"), ordering="link_total")
    def link_count(self, supply: Any) -> int:
        """How many links feed it."""
        return int(supply.link_total)

    @admin.display(description=gettext_lazy("pools"))
    def pool_codes(self, supply: Supply) -> str:
        """The pools it is a part of."""
        return ", ".join(pool.code for pool in supply.pools.all())


class OverrideInline(Inline):
    """Other ratios and reserves for single SKUs and categories."""

    model = LinkOverride
    fields = ("sku", "category", "ratio", "reserve")
    autocomplete_fields = ("sku", "category")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LinkOverride]:
        """With what every row names."""
        rows: QuerySet[LinkOverride] = super().get_queryset(request)
        return rows.select_related("sku", "category", "link__supply", "link__functional")


@admin.register(SupplyLink)
class SupplyLinkAdmin(SheetAdminMixin, ActivityAdmin):
    """How much of a functional warehouse feeds a supply warehouse."""

    sheets = ("supply-links",)
    list_display = ("supply", "functional", "ratio", "reserve", "active", "override_count")
    list_display_links = ("supply", "functional")
    list_select_related = ("supply", "functional")
    list_editable = ("ratio", "reserve", "active")
    list_filter = (
        ("supply", AutocompleteSelectMultipleFilter),
        ("functional", AutocompleteSelectMultipleFilter),
        ("functional__warehouse", AutocompleteSelectMultipleFilter),
        ("ratio", RangeNumericFilter),
        ("active", BooleanRadioFilter),
    )
    search_fields = ("supply__code", "supply__name", "functional__code", "functional__warehouse__name")
    autocomplete_fields = ("supply", "functional")
    fixed_fields = ("supply", "functional")
    inlines = (OverrideInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SupplyLink]:
        """With what its name needs and the number of overrides."""
        rows: QuerySet[SupplyLink] = super().get_queryset(request)
        return rows.select_related("supply", "functional").annotate(overriding=Count("overrides"))

    def mark_rows(self, rows: Sequence[Model]) -> None:
        """What lies at the links, and what the changed overrides are for."""
        mark_functionals([row.functional_id for row in rows if isinstance(row, SupplyLink)])
        mark_link_overrides([row.pk for row in rows if isinstance(row, LinkOverride)])

    @admin.display(description=gettext_lazy("overrides"), ordering="overriding")
    def override_count(self, row: Any) -> int:
        """How many overrides the link has."""
        return int(row.overriding)


@admin.register(LinkOverride)
class LinkOverrideAdmin(SheetAdminMixin, MarkingAdmin):
    """Other ratios and reserves, of all links."""

    sheets = ("link-overrides",)
    list_display = ("link", "sku", "sku_name", "category", "ratio", "reserve")
    list_display_links = ("link", "sku")
    list_filter = (
        ("link__supply", AutocompleteSelectMultipleFilter),
        ("link__functional", AutocompleteSelectMultipleFilter),
        ("sku", AutocompleteSelectMultipleFilter),
        ("category", AutocompleteSelectMultipleFilter),
    )
    search_fields = ("sku__code", "sku__name", "sku__search_name", "category__name", "link__functional__code")
    autocomplete_fields = ("link", "sku", "category")
    fixed_fields = ("link", "sku", "category")
    unmarked_fields = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[LinkOverride]:
        """With what every row names."""
        rows: QuerySet[LinkOverride] = super().get_queryset(request)
        return rows.select_related("link__supply", "link__functional", "sku", "category")

    def mark_rows(self, rows: Sequence[Model]) -> None:
        """The SKUs they are for."""
        mark_link_overrides([row.pk for row in rows])

    @admin.display(description=gettext_lazy("name"), ordering="sku__name")
    def sku_name(self, override: LinkOverride) -> str:
        """The SKU's name."""
        return override.sku.name if override.sku else ""


class PoolAdmin(ActivityAdmin):
    """Supply warehouses gathered for a business line and shared among shops."""

    list_display: Sequence[str] = (
        "code",
        "name",
        "business_line",
        "mode",
        "active",
        "window",
        "supply_codes",
        "scarcity_at",
    )
    list_filter = (
        ("active", BooleanRadioFilter),
        ("mode", ChoicesDropdownFilter),
        ("supplies", RelatedDropdownFilter),
    )
    search_fields = ("code", "name", "business_line")
    autocomplete_fields = ("supplies",)
    empty_hint = gettext_lazy("A dispatch pool gathers supply warehouses and shares them among shops. Add one.")
    fieldsets = (
        (None, {"fields": (("code", "name"), ("business_line", "active"), "supplies", ("mode", "scarcity_at"))}),
        (gettext_lazy("Dates"), {"fields": ("starts_at", "ends_at")}),
    )
    unmarked_fields = ("code", "name", "business_line")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pool]:
        """With the supply warehouses."""
        rows: QuerySet[Pool] = super().get_queryset(request)
        return rows.prefetch_related("supplies")

    def mark_rows(self, rows: Sequence[Model]) -> None:
        """What lies beneath the pools."""
        mark_pools([row.pk for row in rows if isinstance(row, Pool)])

    @admin.display(description=gettext_lazy("dates"))
    def window(self, pool: Pool) -> str:
        """From when to when the pool is open; empty for always."""
        if pool.starts_at is None and pool.ends_at is None:
            return ""
        return " – ".join(_day(moment) for moment in (pool.starts_at, pool.ends_at))

    @admin.display(description=gettext_lazy("supply warehouses"))
    def supply_codes(self, pool: Pool) -> str:
        """What the pool gathers."""
        return ", ".join(supply.code for supply in pool.supplies.all())


def _day(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT") if moment else "…"
