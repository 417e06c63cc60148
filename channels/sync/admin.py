"""Pages of publishing: what each listing should show and shows, and the default sync policy."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import F, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
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
)
from unfold.decorators import display

from channels.shops.actions import mark_sync_defaults
from channels.sync.actions import retry_refused
from channels.sync.forms import POLICY_FIELDSET, SyncPolicyForm
from channels.sync.models import ListingTarget, SyncDefaults
from core.admin_base import MarkingAdmin, ReadOnlyAdmin, actor_of, link

STATE_LABELS = {"pending": "info", "published": "success", "retry": "warning", "refused": "danger"}


class WaitingFilter(DropdownFilter):  # type: ignore[misc]
    """Listings whose platform doesn't show the target yet."""

    title = gettext_lazy("waiting")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        """Waiting, or at risk."""
        return [("1", gettext_lazy("Not on the platform yet")), ("risk", gettext_lazy("Shows more than it should"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ListingTarget]) -> QuerySet[ListingTarget]:
        """The targets with a newer version than the platform has, or with a decrease that must wait."""
        if self.value() == "1":
            return queryset.filter(version__gt=F("published_version"))
        if self.value() == "risk":
            return queryset.filter(quantity__gt=F("wanted"))
        return queryset


@admin.register(ListingTarget)
class ListingTargetAdmin(ReadOnlyAdmin):
    """What is published, what waits, and what a platform refused."""

    list_display = (
        "listing", "title", "shop", "quantity", "published_quantity", "state_label", "risk", "attempts", "retry_at",
        "message", "strategy", "pause", "changed_at", "published_at", "why",
    )  # fmt: skip
    list_select_related = ("listing", "shop", "strategy_version__strategy")
    list_filter = (
        ("shop", AutocompleteSelectMultipleFilter),
        ("state", ChoicesDropdownFilter),
        WaitingFilter,
        ("paused", BooleanRadioFilter),
        ("changed_at", RangeDateTimeFilter),
        ("published_at", RangeDateTimeFilter),
    )
    search_fields = ("listing__code", "listing__title", "message")
    actions = ("retry",)
    empty_hint = gettext_lazy("Nothing is published yet. Targets appear once a listing's numbers have been computed.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ListingTarget]:
        """With what every row names."""
        rows: QuerySet[ListingTarget] = super().get_queryset(request)
        return rows.select_related("listing", "shop", "strategy_version__strategy")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whoever may change listings may try again."""
        return request.user.has_perm("channels.change_listing")

    @admin.display(description=gettext_lazy("title"), ordering="listing__title")
    def title(self, target: ListingTarget) -> str:
        """The listing's title."""
        return target.listing.title

    @admin.display(description=gettext_lazy("strategy"))
    def strategy(self, target: ListingTarget) -> str:
        """The version of the strategy that decides."""
        return str(target.strategy_version) if target.strategy_version else ""

    @admin.display(description=gettext_lazy("paused by strategy"), ordering="paused")
    def pause(self, target: ListingTarget) -> str:
        """Which strategy pauses the listing, and why."""
        return target.pause_note

    @display(description=gettext_lazy("state"), ordering="state", label=STATE_LABELS)
    def state_label(self, target: ListingTarget) -> tuple[str, str]:
        """How the last push went."""
        return target.state, target.get_state_display()

    @admin.display(description=gettext_lazy("too many"))
    def risk(self, target: ListingTarget) -> SafeString | str:
        """Units that an increase-only listing shows beyond what it should."""
        excess = target.quantity - target.wanted
        return format_html('<span class="op-minus">{}</span>', excess) if excess > 0 else ""

    @admin.display(description=gettext_lazy("why?"))
    def why(self, target: ListingTarget) -> SafeString:
        """To how the number comes about."""
        return link(_("Why?"), "why_listing", target.pk)

    @admin.action(description=gettext_lazy("Send refused numbers again"), permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[ListingTarget]) -> None:
        """Try the chosen targets again where the platform refused them."""
        count = retry_refused(list(queryset.values_list("pk", flat=True)), actor=actor_of(request))
        words = ngettext("%(count)d number will be sent again.", "%(count)d numbers will be sent again.", count)
        self.message_user(request, words % {"count": count})


class SyncDefaultsForm(SyncPolicyForm):
    """The policy everything starts from."""

    policy_attribute = "policy"


@admin.register(SyncDefaults)
class SyncDefaultsAdmin(MarkingAdmin):
    """The default sync policy; there is one, so its list is its form."""

    form = SyncDefaultsForm
    fieldsets = ((POLICY_FIELDSET[0], {"fields": POLICY_FIELDSET[1]["fields"]}),)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one already."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """There must be one."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Straight to the form."""
        defaults, _created = SyncDefaults.objects.get_or_create(pk=1)
        return HttpResponseRedirect(reverse("admin:channels_syncdefaults_change", args=[defaults.pk]))

    def mark_rows(self, rows: Sequence[Model]) -> None:
        """Every listing follows the default."""
        if rows:
            mark_sync_defaults()
