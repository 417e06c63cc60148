"""Pages of warehouses, functional warehouses, goods statuses and the people who work there."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Count, IntegerField, Model, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectMultipleFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)

from core.admin_base import ActivityAdmin, Admin, link
from core.admin_inlines import Inline
from core.admin_users import UserAdmin
from inventory.ledger.models import StockRow
from inventory.supply.actions import mark_functionals, mark_warehouses
from inventory.warehouses.models import FunctionalWarehouse, GoodsStatus, Warehouse, WarehouseStaff
from inventory.warehouses.selectors import within_workplaces

ON_HAND = gettext_lazy("on hand")


def units_on_hand(path: str) -> Coalesce:
    """The units on hand in what `path` leads to from a stock row, for annotating a list of it."""
    rows = StockRow.objects.filter(**{path: OuterRef("pk")}).order_by().values(path).annotate(units=Sum("on_hand"))
    return Coalesce(Subquery(rows.values("units")), 0, output_field=IntegerField())


class FunctionalForm(forms.ModelForm):  # type: ignore[type-arg]
    """A functional warehouse; a new one is sellable as its status says unless that is switched off here."""

    def clean(self) -> dict[str, Any]:
        """Goods of a status that isn't sellable don't go on sale because a switch was overlooked."""
        cleaned: dict[str, Any] = super().clean() or {}
        status = cleaned.get("status")
        if self.instance.pk is None and status is not None and cleaned.get("sellable"):
            cleaned["sellable"] = status.sellable
        return cleaned


class FunctionalInline(Inline):
    """The parts of a warehouse, one per status of goods."""

    model = FunctionalWarehouse
    form = FunctionalForm
    fields = ("code", "status", "sellable", "active", "safety_stock")

    def get_queryset(self, request: HttpRequest) -> QuerySet[FunctionalWarehouse]:
        """With what every row names."""
        rows: QuerySet[FunctionalWarehouse] = super().get_queryset(request)
        return rows.select_related("warehouse", "status")


class StaffInline(Inline):
    """Who works here and sees this warehouse's stock alone."""

    model = WarehouseStaff
    autocomplete_fields = ("user",)
    verbose_name_plural = gettext_lazy("people who see only this warehouse")


@admin.register(Warehouse)
class WarehouseAdmin(ActivityAdmin):
    """Places that hold goods."""

    list_display = ("code", "name", "kind", "region", "active", "ships", "pickup", "parts", "units", "stock_link")
    list_select_related = ("region",)
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("active", BooleanRadioFilter),
        ("ships", BooleanRadioFilter),
        ("pickup", BooleanRadioFilter),
        ("region", AutocompleteSelectMultipleFilter),
    )
    search_fields = ("code", "name")
    autocomplete_fields = ("region",)
    inlines = (FunctionalInline, StaffInline)
    empty_hint = gettext_lazy(
        "There are no warehouses yet. Add the first one, or load a network document (manage.py network load)."
    )
    unmarked_fields = (
        "code", "name", "kind", "region", "latitude", "longitude", "ships", "pickup", "daily_capacity", "cutoff",
        "handling_fee",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": (("code", "name"), ("kind", "active"), "region", ("latitude", "longitude"))}),
        (gettext_lazy("Orders"), {"fields": (("ships", "pickup"), ("daily_capacity", "cutoff"), "handling_fee")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Warehouse]:
        """The user's warehouses, with what they hold."""
        rows = within_workplaces(super().get_queryset(request), request.user, "pk")
        units = units_on_hand("functional__warehouse")
        found: QuerySet[Warehouse] = rows.annotate(functionals=Count("functional", distinct=True), on_hand=units)
        return found

    def mark_rows(self, rows: Sequence[Model]) -> None:
        """What lies in the warehouses and in the parts that changed; people move no number."""
        mark_warehouses([row.pk for row in rows if isinstance(row, Warehouse)])
        mark_functionals([row.pk for row in rows if isinstance(row, FunctionalWarehouse)])

    @admin.display(description=gettext_lazy("functional warehouses"), ordering="functionals")
    def parts(self, warehouse: Any) -> int:
        """How many functional warehouses there are."""
        return int(warehouse.functionals)

    @admin.display(description=ON_HAND, ordering="on_hand")
    def units(self, warehouse: Any) -> int:
        """Units of all SKUs in all parts."""
        return int(warehouse.on_hand)

    @admin.display(description=gettext_lazy("stock"))
    def stock_link(self, warehouse: Warehouse) -> SafeString:
        """To the stock rows of the warehouse."""
        return link(
            _("Stock"), "inventory_stockrow_changelist", query=f"functional__warehouse__id__exact={warehouse.pk}"
        )


@admin.register(FunctionalWarehouse)
class FunctionalWarehouseAdmin(ActivityAdmin):
    """The parts of warehouses, by status of goods."""

    form = FunctionalForm
    list_display = ("code", "warehouse", "status", "sellable", "active", "safety_stock", "units")
    list_select_related = ("warehouse", "status")
    list_filter = (
        ("warehouse", AutocompleteSelectMultipleFilter),
        ("warehouse__kind", ChoicesDropdownFilter),
        ("status", RelatedDropdownFilter),
        ("sellable", BooleanRadioFilter),
        ("active", BooleanRadioFilter),
    )
    search_fields = ("code", "warehouse__code", "warehouse__name")
    autocomplete_fields = ("warehouse",)
    fixed_fields = ("warehouse",)
    unmarked_fields = ("code", "status")

    def get_queryset(self, request: HttpRequest) -> QuerySet[FunctionalWarehouse]:
        """The parts of the user's warehouses, with what they hold."""
        rows = within_workplaces(super().get_queryset(request), request.user, "warehouse")
        found: QuerySet[FunctionalWarehouse] = rows.annotate(on_hand=units_on_hand("functional"))
        return found

    def mark_rows(self, rows: Sequence[Model]) -> None:
        """What lies there."""
        mark_functionals([row.pk for row in rows])

    @admin.display(description=ON_HAND, ordering="on_hand")
    def units(self, functional: Any) -> int:
        """Units of all SKUs."""
        return int(functional.on_hand)


@admin.register(GoodsStatus)
class GoodsStatusAdmin(Admin):
    """The conditions goods can be in."""

    list_display = ("code", "status_name", "sellable")
    search_fields = ("code", "name")

    @admin.display(description=gettext_lazy("name"), ordering="name")
    def status_name(self, status: GoodsStatus) -> str:
        """The name, translated for the statuses that come with the product."""
        return str(status)


class WorkplaceInline(Inline):
    """The warehouses a user sees; without any, all of them."""

    model = WarehouseStaff
    autocomplete_fields = ("warehouse",)
    verbose_name = gettext_lazy("workplace")
    verbose_name_plural = gettext_lazy("workplaces (a user with any sees those warehouses alone)")


admin.site.unregister(User)


@admin.register(User)
class StaffAdmin(UserAdmin):
    """Users, with where they work."""

    inlines = (WorkplaceInline,)
