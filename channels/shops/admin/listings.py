"""Pages of listings."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import (
    AutocompleteSelectMultipleFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
)
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from channels.shops.actions import mark_listings
from channels.shops.admin.forms import ListingPolicyForm
from channels.shops.models import Listing, ListingPart
from channels.sync.actions import forget_published, retry_refused
from channels.sync.forms import POLICY_FIELDSET
from core.admin_base import ActivityAdmin, actor_of, link
from core.admin_inlines import Inline
from core.sheets.admin import SheetAdminMixin


class PartInline(Inline):
    """What one sold unit of a listing takes."""

    model = ListingPart
    autocomplete_fields = ("sku",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ListingPart]:
        """With what every row names."""
        rows: QuerySet[ListingPart] = super().get_queryset(request)
        return rows.select_related("sku")


class PauseForm(forms.Form):
    """Why listings are paused."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget())


@admin.register(Listing)
class ListingAdmin(SheetAdminMixin, ActivityAdmin):
    """Items on platforms, with what they should show and show."""

    form = ListingPolicyForm
    sheets = ("listings",)
    list_display = (
        "code", "title", "shop", "part_codes", "target_quantity", "published_quantity", "state_label", "active",
        "paused", "pause_note", "increase_only", "why",
    )  # fmt: skip
    list_select_related = ("shop", "target__strategy_version__strategy")
    list_filter = (
        ("shop", AutocompleteSelectMultipleFilter),
        ("parts__sku", AutocompleteSelectMultipleFilter),
        ("target__state", ChoicesDropdownFilter),
        ("active", BooleanRadioFilter),
        ("paused", BooleanRadioFilter),
        ("target__paused", BooleanRadioFilter),
        ("increase_only", BooleanRadioFilter),
    )
    search_fields = ("code", "title", "parts__sku__code", "parts__sku__name", "parts__sku__search_name")
    autocomplete_fields = ("shop",)
    fixed_fields = ("shop",)
    inlines = (PartInline,)
    actions = ("activate", "deactivate", "pause", "resume", "retry")
    unmarked_fields = ("code", "title", "pause_reason")
    empty_hint = gettext_lazy("A listing ties an item on a platform to SKUs. Import a file or add one.")
    fieldsets = (
        (None, {"fields": (("shop", "code"), "title", ("active", "increase_only"), ("paused", "pause_reason"))}),
        POLICY_FIELDSET,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Listing]:
        """With the SKUs and the target."""
        rows: QuerySet[Listing] = super().get_queryset(request)
        return rows.select_related("shop", "target__strategy_version__strategy").prefetch_related("parts__sku")

    def mark_rows(self, rows: Sequence[Model]) -> None:
        """The SKUs of the listings and of the changed parts."""
        mark_listings({row.listing_id if isinstance(row, ListingPart) else row.pk for row in rows})

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 — Django's signature
        """A listing that has lost its last part is found through no SKU any more; another item knows no number yet."""
        super().save_related(request, form, formsets, change)
        if any(formset.deleted_objects for formset in formsets):
            mark_listings([form.instance.pk])
        if change and "code" in form.changed_data:
            forget_published([form.instance.pk])

    @admin.display(description=gettext_lazy("SKUs"))
    def part_codes(self, listing: Listing) -> str:
        """The SKUs, with how many of each when it isn't one."""
        parts = listing.parts.all()
        return ", ".join(
            part.sku.code if part.quantity == 1 else f"{part.sku.code} × {part.quantity}" for part in parts
        )

    @admin.display(description=gettext_lazy("target"), ordering="target__quantity")
    def target_quantity(self, listing: Listing) -> int | None:
        """What it should show."""
        target = getattr(listing, "target", None)
        return target.quantity if target else None

    @admin.display(description=gettext_lazy("published"), ordering="target__published_quantity")
    def published_quantity(self, listing: Listing) -> int | None:
        """What it shows."""
        target = getattr(listing, "target", None)
        return target.published_quantity if target else None

    @display(
        description=gettext_lazy("state"),
        ordering="target__state",
        label={"pending": "info", "published": "success", "retry": "warning", "refused": "danger"},
    )
    def state_label(self, listing: Listing) -> tuple[str, str] | None:
        """How the last push went."""
        target = getattr(listing, "target", None)
        return (target.state, target.get_state_display()) if target else None

    @admin.display(description=gettext_lazy("reason for the pause"), ordering="pause_reason")
    def pause_note(self, listing: Listing) -> str:
        """Why nothing is sent: by whoever paused it, or by a strategy."""
        if listing.paused or not hasattr(listing, "target"):
            return listing.pause_reason
        return listing.target.pause_note

    @admin.display(description=gettext_lazy("why?"))
    def why(self, listing: Listing) -> SafeString:
        """To how its number comes about."""
        return link(_("Why?"), "why_listing", listing.pk)

    @admin.action(description=gettext_lazy("Pause …"), permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Listing]) -> HttpResponse | None:
        """Ask for the reason, then stop sending numbers."""
        form = PauseForm(request.POST if "reason" in request.POST else None)
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            self.set_and_tell(request, queryset, _("Paused: %s") % reason, paused=True, pause_reason=reason)
            return None
        count = queryset.count()
        words = ngettext("Pause %(count)d listing", "Pause %(count)d listings", count) % {"count": count}
        context = {
            **self.admin_site.each_context(request),
            "title": words,
            "help": _("Nothing is sent while a listing is paused; the platform keeps its number."),
            "form": form,
            "media": form.media,
            "opts": self.opts,
            "action": "pause",
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/onepool/form.html", context)

    @admin.action(description=gettext_lazy("Resume"), permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Listing]) -> None:
        """Send numbers again."""
        self.set_and_tell(request, queryset, _("Resumed."), paused=False, pause_reason="")

    @admin.action(description=gettext_lazy("Send refused numbers again"), permissions=["change"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Listing]) -> None:
        """Try the chosen listings again where the platform refused them."""
        count = retry_refused(list(queryset.values_list("pk", flat=True)), actor=actor_of(request))
        words = ngettext("%(count)d number will be sent again.", "%(count)d numbers will be sent again.", count)
        self.message_user(request, words % {"count": count})
