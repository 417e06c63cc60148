"""Catalogue pages: SKUs, brands, categories, regions."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, IntegerField, Model, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import (
    AutocompleteSelectMultipleFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    FieldTextFilter,
    RangeNumericFilter,
)

from core.admin_base import Admin, MarkingAdmin, link
from core.admin_dialogs import add_domain_error
from core.admin_inlines import ChildFormSet, Inline
from core.errors import DomainError
from core.sheets.admin import SheetAdminMixin
from inventory.catalogue.actions import mark_changed_fields, mark_moved_categories
from inventory.catalogue.checks import check_components, check_parent
from inventory.catalogue.models import Brand, BundleComponent, Category, Region, Sku
from inventory.catalogue.rules import search_name
from inventory.catalogue.selectors import find_skus_in
from inventory.ledger.actions import mark_skus
from inventory.ledger.models import StockRow
from inventory.warehouses.selectors import within_workplaces
from strategies.actions import mark_facts

EMPTY_CATALOGUE = gettext_lazy(
    "There are no SKUs yet. Import a file, load a network document (manage.py network load), "
    "or look around in the demo company (make demo)."
)


class SkuCountMixin:
    """A column with the number of SKUs; a mixin for pages of what SKUs belong to."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the number of SKUs."""
        return super().get_queryset(request).annotate(skus=Count("sku"))  # type: ignore[misc, no-any-return]

    @admin.display(description=gettext_lazy("SKUs"), ordering="skus")
    def sku_count(self, row: Any) -> int:
        """How many SKUs belong to the row itself."""
        return int(row.skus)


@admin.register(Brand)
class BrandAdmin(SkuCountMixin, SheetAdminMixin, Admin):
    """Brands."""

    sheets = ("brands",)
    list_display = ("code", "name", "sku_count")
    search_fields = ("code", "name")

    def save_model(self, request: HttpRequest, obj: Brand, form: Any, change: bool) -> None:  # noqa: FBT001 — Django's signature
        """Strategies know brands by their codes."""
        super().save_model(request, obj, form, change)
        if change and "code" in form.changed_data:
            mark_facts({"brand": Sku.objects.filter(brand=obj).values_list("pk", flat=True)})


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]
    """A category that doesn't hang below itself."""

    def clean(self) -> dict[str, Any]:
        """Refuse a circle."""
        cleaned: dict[str, Any] = super().clean() or {}
        parent = cleaned.get("parent")
        try:
            check_parent(self.instance.pk, parent.pk if parent else None)
        except DomainError as error:
            add_domain_error(self, error)
        return cleaned


@admin.register(Category)
class CategoryAdmin(SkuCountMixin, SheetAdminMixin, MarkingAdmin):
    """The category tree."""

    form = CategoryForm
    sheets = ("categories",)
    list_display = ("code", "name", "parent", "sku_count")
    list_select_related = ("parent",)
    list_filter = (("parent", AutocompleteSelectMultipleFilter),)
    search_fields = ("code", "name")
    autocomplete_fields = ("parent",)

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:  # noqa: FBT001 — Django's signature
        """Strategies know categories by their codes."""
        super().save_model(request, obj, form, change)
        if change and "code" in form.changed_data:
            mark_facts({"category": find_skus_in([obj.pk])})

    def mark_rows(self, rows: Sequence[Model]) -> None:
        """Overrides and strategies that go by category follow the tree, so a moved category touches its SKUs."""
        mark_moved_categories([row.pk for row in rows if row.pk])


@admin.register(Region)
class RegionAdmin(Admin):
    """Provinces, cities and counties."""

    list_display = ("code", "name", "level", "parent", "latitude", "longitude")
    list_select_related = ("parent",)
    list_filter = (("level", ChoicesDropdownFilter), ("parent", AutocompleteSelectMultipleFilter))
    search_fields = ("code", "name")
    autocomplete_fields = ("parent",)


class ComponentFormSet(ChildFormSet):
    """The components of one bundle."""

    def clean(self) -> None:
        """Refuse a bundle of bundles."""
        super().clean()
        rows = [form.cleaned_data for form in self.forms if form.is_valid() and form.cleaned_data]
        components = [row["component"].pk for row in rows if row.get("component") and not row.get("DELETE")]
        try:
            check_components(self.instance.pk, components)
        except DomainError as error:
            raise ValidationError([fault.message for fault in error.errors]) from error


class ComponentInline(Inline):
    """What a bundle is made of."""

    model = BundleComponent
    formset = ComponentFormSet
    fk_name = "bundle"
    autocomplete_fields = ("component",)
    verbose_name = gettext_lazy("component")
    verbose_name_plural = gettext_lazy("components (of a bundle)")

    def get_queryset(self, request: HttpRequest) -> QuerySet[BundleComponent]:
        """With the components, which every row names."""
        rows: QuerySet[BundleComponent] = super().get_queryset(request)
        return rows.select_related("component")


class BundleFilter(DropdownFilter):  # type: ignore[misc]
    """Bundles, or everything else."""

    title = gettext_lazy("bundle")
    parameter_name = "bundle"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        """Yes and no."""
        return (("1", gettext_lazy("Bundles")), ("0", gettext_lazy("Single SKUs")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sku]) -> QuerySet[Sku]:
        """The SKUs with components, or those without."""
        has_parts = Exists(BundleComponent.objects.filter(bundle=OuterRef("pk")))
        kept = {"1": has_parts, "0": ~has_parts}.get(self.value())
        return queryset if kept is None else queryset.filter(kept)


class SeasonFilter(DropdownFilter):  # type: ignore[misc]
    """One of the seasons there are."""

    title = gettext_lazy("season")
    parameter_name = "season"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """The seasons in use."""
        seasons = Sku.objects.order_by("season").values_list("season", flat=True).distinct()
        return [(season, season) for season in seasons if season]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Sku]) -> QuerySet[Sku]:
        """The SKUs of the season."""
        return queryset.filter(season=self.value()) if self.value() else queryset


@admin.register(Sku)
class SkuAdmin(SheetAdminMixin, MarkingAdmin):
    """SKUs, found by code, barcode, name and the pinyin of the name."""

    sheets = ("skus", "bundles")
    list_display = ("code", "name", "brand", "category", "season", "lifecycle", "price", "units_on_hand", "stock_link")
    list_select_related = ("brand", "category")
    list_filter = (
        ("brand", AutocompleteSelectMultipleFilter),
        ("category", AutocompleteSelectMultipleFilter),
        ("lifecycle", ChoicesDropdownFilter),
        SeasonFilter,
        BundleFilter,
        ("barcode", FieldTextFilter),
        ("price", RangeNumericFilter),
    )
    search_fields = ("code", "name", "barcode", "search_name")
    search_help_text = gettext_lazy("Code, name, pinyin or initials of the name, or barcode")
    autocomplete_fields = ("brand", "category")
    inlines = (ComponentInline,)
    actions = ("recompute",)
    empty_hint = EMPTY_CATALOGUE
    unmarked_fields = (
        "code", "name", "barcode", "brand", "season", "tags", "price", "cost", "weight_g", "volume_ml", "lifecycle",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": (("code", "name"), ("barcode", "lifecycle"), ("brand", "category"), ("season", "tags"))}),
        (gettext_lazy("Numbers"), {"fields": (("price", "cost"), ("weight_g", "volume_ml"))}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sku]:
        """With the units on hand in the warehouses that the user sees."""
        seen = within_workplaces(StockRow.objects.filter(sku=OuterRef("pk")), request.user)
        lying = seen.order_by().values("sku").annotate(units=Sum("on_hand"))
        units = Coalesce(Subquery(lying.values("units")), 0, output_field=IntegerField())
        rows: QuerySet[Sku] = super().get_queryset(request)
        return rows.annotate(units=units)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Without the cost for those who only look: stores and dealers."""
        if self.has_change_permission(request, obj) or self.has_add_permission(request):
            return super().get_fieldsets(request, obj)
        (head, numbers) = self.fieldsets
        return (head, (numbers[0], {"fields": ("price", ("weight_g", "volume_ml"))}))

    def has_export_permission(self, request: HttpRequest) -> bool:
        """An export has the cost, so those who only look get none."""
        return super().has_export_permission(request) and bool(self.has_change_permission(request))

    def save_model(self, request: HttpRequest, obj: Sku, form: Any, change: bool) -> None:  # noqa: FBT001 — Django's signature
        """Keep the name findable from a Latin keyboard."""
        obj.search_name = search_name(obj.name)
        obj.barcode = obj.barcode or None
        super().save_model(request, obj, form, change)
        if change:
            mark_changed_fields({name: [obj.pk] for name in form.changed_data})

    def mark_rows(self, rows: Sequence[Model]) -> None:
        """The SKU of another category has other overrides, a bundle of other parts another number."""
        mark_skus([row.bundle_id if isinstance(row, BundleComponent) else row.pk for row in rows])

    @admin.display(description=gettext_lazy("on hand"), ordering="units")
    def units_on_hand(self, sku: Any) -> int:
        """Units in the warehouses that the user sees."""
        return int(sku.units)

    @admin.display(description=gettext_lazy("stock"))
    def stock_link(self, sku: Sku) -> SafeString:
        """To the SKU's stock in all warehouses and layers."""
        return link(_("Stock"), "sku_stock", sku.code)

    @admin.action(description=gettext_lazy("Compute their numbers again"), permissions=["change"])
    def recompute(self, request: HttpRequest, queryset: QuerySet[Sku]) -> None:
        """Mark the chosen SKUs."""
        marked = mark_skus(queryset.values_list("pk", flat=True))
        words = ngettext("%(count)d SKU will be computed again.", "%(count)d SKUs will be computed again.", marked)
        self.message_user(request, words % {"count": marked})
