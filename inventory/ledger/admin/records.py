"""Ledger, holds and marks: what the verbs have written."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.db.models import BooleanField, Case, QuerySet, When
from django.http import Http404, HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import (
    AutocompleteSelectMultipleFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateTimeFilter,
    RangeNumericFilter,
)
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from core.admin_base import ReadOnlyAdmin, actor_of, link, two_lines
from core.admin_dialogs import DialogForm, dialog
from inventory.ledger.actions import release_holds
from inventory.ledger.models import Hold, LedgerEntry, WaitingSku
from inventory.warehouses.selectors import within_workplaces

PLACE_FILTERS = (
    ("sku", AutocompleteSelectMultipleFilter),
    ("functional__warehouse", AutocompleteSelectMultipleFilter),
    ("functional", AutocompleteSelectMultipleFilter),
)
SKU_SEARCH = ("sku__code", "sku__name", "sku__search_name", "sku__barcode", "reference")


class HoldPage(NamedTuple):
    """The admin page of what a hold belongs to, and the permission it takes."""

    name: str
    permission: str


# By the kind of hold; the app that keeps what the units are held for adds its own page.
HOLD_PAGES: dict[str, HoldPage] = {}


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin):
    """Every change of stock there has been."""

    list_display = (
        "created_at", "kind", "item", "functional", "counterpart", "change", "balance", "reference",
        "reason", "actor",
    )  # fmt: skip
    list_display_links = None
    list_select_related = ("sku", "functional", "counterpart")
    list_filter = (
        *PLACE_FILTERS,
        ("kind", ChoicesDropdownFilter),
        ("created_at", RangeDateTimeFilter),
        ("quantity", RangeNumericFilter),
    )
    search_fields = (*SKU_SEARCH, "reason", "actor")
    # The ledger only grows: counting all of it for the number of pages would be the slowest part.
    paginator = InfinitePaginator
    empty_hint = gettext_lazy("Nothing has moved yet. Every receipt, issue, count and adjustment leaves an entry here.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerEntry]:
        """The entries of the user's warehouses."""
        return within_workplaces(super().get_queryset(request), request.user)

    @admin.display(description=gettext_lazy("SKU"), ordering="sku__code")
    def item(self, entry: LedgerEntry) -> SafeString:
        """The SKU."""
        return two_lines(entry.sku.code, entry.sku.name)

    @admin.display(description=gettext_lazy("quantity"), ordering="quantity")
    def change(self, entry: LedgerEntry) -> SafeString:
        """The quantity with its sign."""
        tone = "op-plus" if entry.quantity > 0 else "op-minus"
        return format_html('<span class="{}">{}</span>', tone, f"{entry.quantity:+d}")


class HoldStateFilter(DropdownFilter):  # type: ignore[misc]
    """Holds that still count, and those that ended."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        """Open, and each outcome."""
        return [("open", gettext_lazy("Open")), *Hold.Outcome.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Hold]) -> QuerySet[Hold]:
        """The holds in that state."""
        if not self.value():
            return queryset
        return queryset.filter(outcome="" if self.value() == "open" else self.value())


class ReleaseForm(DialogForm):
    """Whether to release one hold."""

    def load(self) -> None:
        """What is held; Http404 when it lies in another's warehouse."""
        holds = within_workplaces(Hold.objects.select_related("sku", "functional"), self.request.user)
        hold = holds.filter(pk=self.object_id).first()
        if hold is None:
            raise Http404
        self.facts = [
            (_("SKU"), f"{hold.sku.code} {hold.sku.name}"),
            (_("Where"), hold.functional.code),
            (_("Units"), hold.quantity),
            (_("Reason"), hold.reason),
        ]


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """Units set aside: by hand, for reservations and for orders."""

    list_display = (
        "created_at", "item", "functional", "quantity", "kind_label", "owner", "why", "state", "expires_at", "actor",
    )  # fmt: skip
    list_display_links = ("created_at",)
    list_select_related = ("sku", "functional")
    list_filter = (
        HoldStateFilter,
        ("kind", ChoicesDropdownFilter),
        ("provisional", BooleanRadioFilter),
        *PLACE_FILTERS,
        ("expires_at", RangeDateTimeFilter),
        ("quantity", RangeNumericFilter),
    )
    search_fields = (*SKU_SEARCH, "reason", "actor")
    fields = (
        ("sku", "functional"), ("quantity", "safety_used"), ("kind", "owner"), ("reason", "reference"),
        ("provisional", "expires_at"), ("created_at", "actor"), ("closed_at", "closed_by"), "state",
    )  # fmt: skip
    readonly_fields = ("owner", "state")
    actions = ("release",)
    actions_row = ("release_one",)
    actions_detail = ("release_one",)
    empty_hint = gettext_lazy("Nothing is held. Hold units of a stock row from the list of stock rows.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hold]:
        """The holds in the user's warehouses, with whether the user may open what they belong to."""
        linked = [kind for kind, page in HOLD_PAGES.items() if request.user.has_perm(page.permission)]
        may_open = Case(When(kind__in=linked, then=True), default=False, output_field=BooleanField())
        return within_workplaces(super().get_queryset(request).annotate(linked=may_open), request.user)

    def has_hold_permission(self, request: HttpRequest) -> bool:
        """Whether the user may hold and release."""
        return request.user.has_perm("inventory.hold_stock")

    @admin.display(description=gettext_lazy("SKU"), ordering="sku__code")
    def item(self, hold: Hold) -> SafeString:
        """The SKU."""
        return two_lines(hold.sku.code, hold.sku.name)

    @display(
        description=gettext_lazy("kind"),
        ordering="kind",
        label={"manual": "info", "reservation": "warning", "order": "success"},
    )
    def kind_label(self, hold: Hold) -> tuple[str, str]:
        """What sort of hold it is."""
        return hold.kind, hold.get_kind_display()

    @admin.display(description=gettext_lazy("belongs to"), ordering="source_id")
    def owner(self, hold: Any) -> SafeString | str:
        """To what the units are held for."""
        if hold.linked:
            return link(hold.source_id, HOLD_PAGES[hold.kind].name, hold.source_id)
        return str(hold.source_id or "")

    @admin.display(description=gettext_lazy("why"), ordering="reason")
    def why(self, hold: Hold) -> SafeString:
        """Reason and reference."""
        return two_lines(hold.reason, hold.reference)

    @admin.display(description=gettext_lazy("state"), ordering="outcome")
    def state(self, hold: Hold) -> str:
        """Open, or how it ended."""
        return hold.get_outcome_display() or _("Open")

    @admin.action(description=gettext_lazy("Release"), permissions=["hold"])
    def release(self, request: HttpRequest, queryset: QuerySet[Hold]) -> None:
        """Give the units of the chosen holds back; those that belong to something stay."""
        kept = queryset.exclude(kind=Hold.Kind.MANUAL).filter(closed_at=None).count()
        self.message_user(request, self._release(request, queryset.filter(kind=Hold.Kind.MANUAL)))
        if kept:
            words = ngettext(
                "%(count)d hold belongs to a reservation or an order and stays: release that instead.",
                "%(count)d holds belong to reservations or orders and stay: release those instead.",
                kept,
            )
            self.message_user(request, words % {"count": kept}, messages.WARNING)

    @dialog(
        ReleaseForm,
        gettext_lazy("Release"),
        icon="lock_open",
        permissions=["inventory.hold_stock"],
        help=gettext_lazy("The units become available again."),
    )
    def release_one(self, request: HttpRequest, form: ReleaseForm) -> str:
        """Give the units of one hold back."""
        return self._release(request, self.get_queryset(request).filter(pk=form.object_id))

    def _release(self, request: HttpRequest, holds: QuerySet[Hold]) -> str:
        closed = release_holds(holds.values_list("pk", flat=True), actor=actor_of(request))
        self.log_rows(request, Hold.objects.filter(pk__in=closed), _("Released."))
        words = ngettext("%(count)d hold released.", "%(count)d holds released.", len(closed))
        return words % {"count": len(closed)}


@admin.register(WaitingSku)
class WaitingSkuAdmin(ReadOnlyAdmin):
    """SKUs whose numbers are about to be computed again; empty when everything is up to date."""

    list_display = ("sku", "marked_at", "generation", "leased_until")
    list_display_links = None
    list_select_related = ("sku",)
    list_filter = (("sku", AutocompleteSelectMultipleFilter), ("marked_at", RangeDateTimeFilter))
    search_fields = ("sku__code", "sku__name", "sku__search_name")
    ordering = ("marked_at",)
    empty_hint = gettext_lazy("Nothing is waiting: every number is up to date.")
