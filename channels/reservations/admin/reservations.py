"""Reservations: who has reserved what, why, until when and where it lies."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import (
    AutocompleteSelectMultipleFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
    TextFilter,
)
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator

from channels.reservations.actions import ReserveResult, extend_reservations, release_reservations, reserve
from channels.reservations.admin.forms import ConfirmForm, ExtendForm, ReservationForm, ReserveForm
from channels.reservations.models import Reservation
from channels.reservations.rules import Basis, LineRequest, ReservationRequest
from channels.reservations.selectors.states import holding, read_states
from core.admin_base import ReadOnlyAdmin, actor_of, two_lines
from core.admin_dialogs import add_domain_error, dialog
from core.errors import Conflict
from inventory.ledger.admin.records import HOLD_PAGES, HoldPage
from inventory.ledger.models import Hold

CALLER = "admin"
STATE_LABELS = {"held": "info", "confirmed": "success", "released": "default", "expired": "warning"}
SHOWN = 100
BATCH = 500  # reservations released in one transaction
RELEASE_HELP = gettext_lazy(
    "The units become available again, also those of a confirmed order. Who has reserved them is not told."
)

PAGE = HoldPage("channels_reservation_change", "channels.view_reservation")
HOLD_PAGES.update({Hold.Kind.RESERVATION: PAGE, Hold.Kind.ORDER: PAGE})


class SkuFilter(TextFilter):  # type: ignore[misc]
    """Reservations that hold units of a SKU now, by its code."""

    title = gettext_lazy("SKU")
    parameter_name = "sku"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reservation]) -> QuerySet[Reservation]:
        """Those that hold units of it."""
        return queryset.filter(holding(self.value().strip())) if self.value() else queryset


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """Units promised to customers; made, extended and ended by the verbs alone."""

    list_display = (
        "created_at", "seller", "state_label", "units", "why", "expires_at", "check_kind", "who",
    )  # fmt: skip
    list_select_related = ("shop",)
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("shop", AutocompleteSelectMultipleFilter),
        ("check_kind", ChoicesDropdownFilter),
        SkuFilter,
        ("expires_at", RangeDateTimeFilter),
        ("created_at", RangeDateTimeFilter),
    )
    search_fields = ("key", "reference")
    search_help_text = gettext_lazy("Key, reference, or the code of a SKU that is held")
    # A shop makes millions: counting them for the number of pages would be the slowest part.
    paginator = InfinitePaginator
    fields = (
        ("shop", "state"), ("reference", "reason"), ("caller", "key"), ("check_kind", "pool"),
        ("created_at", "actor"), "expires_at", ("closed_at", "closed_by"),
    )  # fmt: skip
    change_form_after_template = "admin/channels/reservation/after.html"
    actions = ("release",)
    actions_list = ("reserve_by_hand",)
    actions_row = ("extend", "release_one")
    actions_detail = ("extend", "release_one")
    empty_hint = gettext_lazy(
        "Nothing is reserved. Shops reserve through the API while a customer pays; you can also reserve by hand."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reservation]:
        """With the units that each of them holds now."""
        held = Hold.objects.filter(source_id=OuterRef("pk"), closed_at=None).order_by().values("source_id")
        units = Coalesce(Subquery(held.annotate(units=Sum("quantity")).values("units")), 0)
        rows: QuerySet[Reservation] = super().get_queryset(request)
        return rows.select_related("shop", "pool").annotate(held_units=units)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Reservation], search_term: str
    ) -> tuple[QuerySet[Reservation], bool]:
        """By the code of a held SKU as well."""
        found, distinct = super().get_search_results(request, queryset, search_term)
        return (found | queryset.filter(holding(search_term.strip())) if search_term else found), distinct

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With the lines, the holds and the dedicated units."""
        reservation = self.get_object(request, object_id)
        more = _details(reservation) if reservation else {}
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})
        return response

    def has_change_reservation_permission(self, request: HttpRequest) -> bool:
        """Whether the user may release and extend."""
        return request.user.has_perm("channels.change_reservation")

    def has_reserve_permission(self, request: HttpRequest) -> bool:
        """Whether the user may reserve by hand."""
        return request.user.has_perm("channels.add_reservation")

    @admin.display(description=gettext_lazy("shop"), ordering="shop__code")
    def seller(self, reservation: Reservation) -> SafeString:
        """For whom the units are kept."""
        return two_lines(reservation.shop.code, reservation.shop.name)

    @display(description=gettext_lazy("state"), ordering="state", label=STATE_LABELS)
    def state_label(self, reservation: Reservation) -> tuple[str, str]:
        """Where it stands."""
        return reservation.state, reservation.get_state_display()

    @admin.display(description=gettext_lazy("units held"))
    def units(self, reservation: Any) -> int:
        """What it holds now."""
        return int(reservation.held_units)

    @admin.display(description=gettext_lazy("why"), ordering="reference")
    def why(self, reservation: Reservation) -> SafeString:
        """Reference and reason."""
        return two_lines(reservation.reference, reservation.reason)

    @admin.display(description=gettext_lazy("who"), ordering="actor")
    def who(self, reservation: Reservation) -> SafeString:
        """Who asked, on whose behalf; as narrow as it can be."""
        words = '<span class="op-first">{}</span><span class="op-note">{}</span>'
        return format_html(words, reservation.actor, reservation.caller)

    @admin.action(description=gettext_lazy("Release …"), permissions=["change_reservation"])
    def release(self, request: HttpRequest, queryset: QuerySet[Reservation]) -> HttpResponse | None:
        """Ask whether that is meant, then give the units back."""
        open_ones = queryset.filter(closed_at=None)
        if "confirmed" in request.POST:
            self.message_user(request, self._release(request, open_ones))
            return None
        count = open_ones.count()
        words = ngettext("Release %(count)d reservation", "Release %(count)d reservations", count) % {"count": count}
        form = ConfirmForm()
        context = {
            **self.admin_site.each_context(request),
            "title": words,
            "help": RELEASE_HELP,
            "form": form,
            "media": form.media,
            "opts": self.opts,
            "action": "release",
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/onepool/form.html", context)

    @dialog(
        ReservationForm,
        gettext_lazy("Release"),
        icon="lock_open",
        permissions=["channels.change_reservation"],
        help=RELEASE_HELP,
    )
    def release_one(self, request: HttpRequest, form: ReservationForm) -> str:
        """Give the units of one reservation back."""
        return self._release(request, Reservation.objects.filter(pk=form.reservation.pk))

    @dialog(
        ExtendForm,
        gettext_lazy("Extend"),
        icon="more_time",
        permissions=["channels.change_reservation"],
        help=gettext_lazy("How much longer the units stay reserved."),
    )
    def extend(self, request: HttpRequest, form: ExtendForm) -> str:
        """Let a reservation expire later or never."""
        minutes = form.cleaned_data["minutes"]
        seconds = None if minutes is None else minutes * 60
        if not extend_reservations([form.reservation.pk], expires_in=seconds):
            raise Conflict(_("Only a reservation that is still held can be extended."))
        words = _("It never expires now.") if minutes is None else _("It expires in %d minutes.") % minutes
        self.log_rows(request, [form.reservation], words)
        return words

    @action(description=gettext_lazy("Reserve by hand"), icon="add", permissions=["reserve"])
    def reserve_by_hand(self, request: HttpRequest) -> HttpResponse:
        """A page for a reservation of any SKU for any shop."""
        if not self.has_reserve_permission(request):
            raise PermissionDenied
        form = ReserveForm(request.POST or None)
        if form.is_valid():
            (result,) = reserve([_request(form.cleaned_data, actor_of(request))])
            if result.error is None:
                return self._reserved(request, result, form.cleaned_data["key"])
            if isinstance(result.error, Conflict) and not result.error.errors:
                form.renew_key()
            add_domain_error(form, result.error)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Reserve by hand"),
            "form": form,
            "media": form.media,
            "opts": self.opts,
            "back": reverse("admin:channels_reservation_changelist"),
        }
        return TemplateResponse(request, "admin/onepool/form.html", context)

    def _reserved(self, request: HttpRequest, result: ReserveResult, key: str) -> HttpResponse:
        if result.replayed:
            messages.info(request, _("This form has been sent before: here is what it reserved."))
        else:
            messages.success(request, _("Reserved."))
            self.log_rows(request, Reservation.objects.filter(key=key, caller=CALLER), _("Reserved by hand."))
        return HttpResponseRedirect(reverse("admin:channels_reservation_change", args=[result.reservation_id]))

    def _release(self, request: HttpRequest, reservations: QuerySet[Reservation]) -> str:
        ids = list(reservations.values_list("pk", flat=True))
        closed: list[int] = []
        # Whoever chooses everything must not lock the stock of everything at once.
        for start in range(0, len(ids), BATCH):
            closed += release_reservations(ids[start : start + BATCH], actor=actor_of(request))
        self.log_rows(request, Reservation.objects.filter(pk__in=closed), _("Released."))
        words = ngettext("%(count)d reservation released.", "%(count)d reservations released.", len(closed))
        return words % {"count": len(closed)}


def _request(said: dict[str, Any], actor: str) -> ReservationRequest:
    return ReservationRequest(
        caller=CALLER,
        key=said["key"],
        shop=said["shop"].code,
        lines=(LineRequest(said["sku"].code, said["quantity"]),),
        check=Basis(said["check"]),
        expires_in=None if said["minutes"] is None else said["minutes"] * 60,
        reference=said["reference"],
        reason=said["reason"],
        actor=actor,
    )


def _details(reservation: Reservation) -> dict[str, Any]:
    """What the page shows beneath the fields; the open holds first."""
    holds = Hold.objects.filter(source_id=reservation.pk).select_related("sku", "functional__warehouse")
    return {
        "lines": read_states([reservation])[0].lines,
        "holds": holds.order_by(F("closed_at").desc(nulls_first=True), "pk")[:SHOWN],
        "dedicated": reservation.dedicated.select_related("dedicated__pool", "dedicated__sku"),
    }
