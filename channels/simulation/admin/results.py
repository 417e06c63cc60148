"""The rows of a result: every shop number and every listing target that changes."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    AutocompleteSelectMultipleFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeNumericFilter,
)
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from channels.simulation.models import SimulatedNumber, SimulatedTarget
from channels.simulation.selectors.results import name_version_ids
from channels.templatetags.onepool import signed
from core.admin_base import ReadOnlyAdmin, two_lines
from core.sheets.admin import SheetAdminMixin

CHANGE_LABELS = {"moved": "default", "opened": "success", "closed": "warning"}


class DirectionFilter(DropdownFilter):  # type: ignore[misc]
    """Which way a number goes."""

    title = gettext_lazy("direction")
    parameter_name = "direction"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        """More, fewer, none any more, some again."""
        return [
            ("gained", gettext_lazy("Gains units")),
            ("lost", gettext_lazy("Loses units")),
            ("zero", gettext_lazy("Goes to 0")),
            ("back", gettext_lazy("Comes back from 0")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that go that way."""
        wanted: dict[str, dict[str, Any]] = {
            "gained": {"difference__gt": 0},
            "lost": {"difference__lt": 0},
            "zero": {"before__gt": 0, "after": 0},
            "back": {"before": 0, "after__gt": 0},
        }
        return queryset.filter(**wanted.get(self.value() or "", {}))


class _ResultAdmin(SheetAdminMixin, ReadOnlyAdmin):
    """Rows that nobody writes but a simulation."""

    list_display_links = None
    # A result may have millions of rows: counting them for the number of pages would be the slowest part.
    paginator = InfinitePaginator
    empty_hint = gettext_lazy("No simulation has changed anything here yet.")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With the names of the versions that decide the rows of the page."""
        page: HttpResponse = super().changelist_view(request, extra_context)
        changelist = getattr(page, "context_data", {}).get("cl")
        if changelist is not None:
            rows = changelist.result_list
            ids = {pk for row in rows for pk in (row.version_before, row.version_after)} - {None}
            names = name_version_ids(ids) if ids else {}
            for row in rows:
                vars(row)["names"] = names
        return page

    @admin.display(description=gettext_lazy("difference"), ordering="difference")
    def change_in_units(self, row: Any) -> SafeString:
        """With its sign."""
        return format_html(
            '<span class="{}">{}</span>', "op-minus" if row.difference < 0 else "op-plus", signed(row.difference)
        )

    @admin.display(description=gettext_lazy("deciding strategy"))
    def decided(self, row: Any) -> SafeString | str:
        """The versions that decide before and after."""
        names: dict[int, str] = vars(row).get("names", {})
        before, after = names.get(row.version_before, "–"), names.get(row.version_after, "–")
        return before if before == after else format_html("{} → {}", before, after)


@admin.register(SimulatedNumber)
class SimulatedNumberAdmin(_ResultAdmin):
    """Shop numbers that the edits of a simulation change."""

    sheets = ("simulated-numbers",)
    list_display = ("item", "shop_name", "before", "after", "change_in_units", "decided")
    list_filter = (
        ("simulation", AutocompleteSelectFilter),
        ("shop", AutocompleteSelectMultipleFilter),
        ("sku__category", AutocompleteSelectMultipleFilter),
        DirectionFilter,
        ("before", RangeNumericFilter),
        ("after", RangeNumericFilter),
    )
    search_fields = ("sku__code", "sku__name", "sku__search_name", "sku__barcode")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SimulatedNumber]:
        """With what every row names."""
        rows: QuerySet[SimulatedNumber] = super().get_queryset(request)
        return rows.select_related("sku", "shop")

    @admin.display(description=gettext_lazy("SKU"), ordering="sku__code")
    def item(self, row: SimulatedNumber) -> SafeString:
        """The SKU."""
        return two_lines(row.sku.code, row.sku.name)

    @admin.display(description=gettext_lazy("shop"), ordering="shop__code")
    def shop_name(self, row: SimulatedNumber) -> SafeString:
        """The shop."""
        return two_lines(row.shop.code, row.shop.name)


@admin.register(SimulatedTarget)
class SimulatedTargetAdmin(_ResultAdmin):
    """Listing targets that the edits of a simulation change."""

    sheets = ("simulated-targets",)
    list_display = ("item", "shop_name", "change_label", "shown_before", "shown_after", "change_in_units", "decided")
    list_filter = (
        ("simulation", AutocompleteSelectFilter),
        ("shop", AutocompleteSelectMultipleFilter),
        ("change", ChoicesDropdownFilter),
        DirectionFilter,
        ("before", RangeNumericFilter),
        ("after", RangeNumericFilter),
    )
    search_fields = ("listing__code", "listing__title", "listing__parts__sku__code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SimulatedTarget]:
        """With what every row names."""
        rows: QuerySet[SimulatedTarget] = super().get_queryset(request)
        return rows.select_related("listing", "shop")

    @admin.display(description=gettext_lazy("listing"), ordering="listing__code")
    def item(self, row: SimulatedTarget) -> SafeString:
        """The listing."""
        return two_lines(row.listing.code, row.listing.title)

    @admin.display(description=gettext_lazy("shop"), ordering="shop__code")
    def shop_name(self, row: SimulatedTarget) -> SafeString:
        """The shop."""
        return two_lines(row.shop.code, row.shop.name)

    @display(description=pgettext_lazy("of a listing", "change"), ordering="change", label=CHANGE_LABELS)
    def change_label(self, row: SimulatedTarget) -> tuple[str, str]:
        """What happens to the listing."""
        return row.change, row.get_change_display()

    @admin.display(description=gettext_lazy("before"), ordering=F("before").asc(nulls_first=True))
    def shown_before(self, row: SimulatedTarget) -> int | None:
        """What it shows now."""
        return row.before

    @admin.display(description=gettext_lazy("after"), ordering=F("after").asc(nulls_first=True))
    def shown_after(self, row: SimulatedTarget) -> int | None:
        """What it would show."""
        return row.after
