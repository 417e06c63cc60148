"""The console of shortages: what platforms have sold and the stock can't serve, and the ways out."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import AutocompleteSelectMultipleFilter, ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import display

from channels.reservations.actions.shortages import (
    Attempt,
    await_transfer,
    backorder_shortages,
    cancel_shortages,
    retry_shortages,
    take_from_pool,
)
from channels.reservations.admin.forms import BulkNoteForm, NoteForm, PoolForm, ShortageForm, TransferForm
from channels.reservations.models import Shortage
from channels.reservations.selectors.ways_out import ShortNow, count_unsettled, find_shorts
from core.admin_base import ReadOnlyAdmin, actor_of, link, two_lines
from core.admin_dialogs import dialog
from core.errors import DomainError
from inventory.ledger.models import Hold

DECIDE = "channels.decide_shortage"
STATE_LABELS = {
    "open": "danger",
    "transfer": "warning",
    "backorder": "warning",
    "reserved": "success",
    "cancelled": "default",
}
State = Shortage.State
NAMED = 3  # refusals told one by one


@admin.register(Shortage)
class ShortageAdmin(ReadOnlyAdmin):
    """Those that wait for a decision first, the oldest of them on top."""

    list_display = ("name", "seller", "short", "state_label", "created_at", "decided_by")
    list_display_links = ("name",)
    list_select_related = ("shop",)
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("shop", AutocompleteSelectMultipleFilter),
        ("created_at", RangeDateTimeFilter),
    )
    search_fields = ("key", "reference", "request__lines__icontains")
    search_help_text = gettext_lazy("Key, reference or SKU")
    ordering = (
        Case(When(state=State.OPEN, then=0), When(state__in=[State.TRANSFER, State.BACKORDER], then=1), default=2),
        "pk",
    )
    list_per_page = 20  # what is available now is worked out for each row
    list_before_template = "admin/channels/shortage/before.html"
    fields = (
        ("shop", "state"), ("reference", "key"), "caller", "short", ("created_at", "attempts", "tried_at"),
        ("decided_at", "decided_by"), "note", "reserved_as",
    )  # fmt: skip
    readonly_fields = ("short", "reserved_as")
    change_form_after_template = "admin/channels/shortage/after.html"
    actions = ("retry", "backorder", "cancel")
    actions_row = ("retry_one", "other_pool", "transfer", "backorder_one", "cancel_one")
    actions_detail = actions_row
    empty_hint = gettext_lazy(
        "Nothing is short: whatever the platforms have sold is reserved. An order that no stock can serve appears here."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shortage]:
        """With what every row names."""
        rows: QuerySet[Shortage] = super().get_queryset(request)
        return rows.select_related("shop", "reservation")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With what is available now for the rows of the page."""
        page = super().get_changelist_instance(request)
        page.result_list = list(page.result_list)
        _add_shorts(page.result_list)
        return page

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With what is available now."""
        shortage = super().get_object(request, object_id, from_field)
        if shortage is not None:
            _add_shorts([shortage])
        return shortage

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With the totals on top."""
        page: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "totals": count_unsettled()})
        return page

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With the holds that wait for a transfer."""
        ids = Shortage.objects.filter(pk=object_id).values_list("hold_ids", flat=True).first() or []
        holds = Hold.objects.filter(pk__in=ids).select_related("sku", "functional__warehouse").order_by("pk")
        response: HttpResponse = super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "holds": holds}
        )
        return response

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether the user may decide what becomes of them."""
        return request.user.has_perm(DECIDE)

    @admin.display(description=gettext_lazy("reference"), ordering="reference")
    def name(self, shortage: Shortage) -> SafeString:
        """The platform's reference, and the key."""
        return two_lines(shortage.reference or shortage.key, shortage.key if shortage.reference else "")

    @admin.display(description=gettext_lazy("shop"), ordering="shop__code")
    def seller(self, shortage: Shortage) -> SafeString:
        """Who has sold it."""
        return two_lines(shortage.shop.code, shortage.shop.name)

    @admin.display(description=gettext_lazy("short"))
    def short(self, shortage: Any) -> SafeString:
        """Line by line: wanted, available at the last try, and now."""
        lines = ((line.sku, _words(line)) for line in shortage.shorts)
        return format_html_join("", '<span class="op-first">{}</span><span class="op-note op-second">{}</span>', lines)

    @display(description=gettext_lazy("state"), ordering="state", label=STATE_LABELS)
    def state_label(self, shortage: Shortage) -> tuple[str, str]:
        """Where it stands."""
        return shortage.state, shortage.get_state_display()

    @admin.display(description=gettext_lazy("reservation"))
    def reserved_as(self, shortage: Shortage) -> SafeString | str:
        """The reservation that has settled it."""
        if shortage.reservation_id is None:
            return ""
        return link(shortage.reservation_id, "channels_reservation_change", shortage.reservation_id)

    @admin.action(description=gettext_lazy("Try again"), permissions=["decide"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Shortage]) -> None:
        """Try the chosen ones again, the oldest first."""
        try:
            attempts = retry_shortages(_ids(queryset), actor=actor_of(request))
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
            return
        self._tell_attempts(request, attempts)

    @dialog(
        ShortageForm,
        gettext_lazy("Try again"),
        icon="replay",
        permissions=[DECIDE],
        help=gettext_lazy("Reserve the order as it came, from the shop's own pools."),
    )
    def retry_one(self, request: HttpRequest, form: ShortageForm) -> str:
        """Try one again."""
        (attempt,) = retry_shortages([form.shortage.pk], actor=actor_of(request))
        if attempt.error is not None:
            raise attempt.error
        return self._done(request, [form.shortage.pk], _("Tried again: reserved."))

    @dialog(
        PoolForm,
        gettext_lazy("Other pool"),
        icon="waves",
        permissions=[DECIDE],
        help=gettext_lazy("Take the units from beneath another pool; its shops see them leave."),
    )
    def other_pool(self, request: HttpRequest, form: PoolForm) -> str:
        """Reserve from a pool that isn't the shop's."""
        pool = form.cleaned_data["pool"]
        take_from_pool(form.shortage.pk, pool, actor=actor_of(request))
        return self._done(request, [form.shortage.pk], _("Reserved from %(pool)s.") % {"pool": pool})

    @dialog(
        TransferForm,
        gettext_lazy("Transfer"),
        icon="local_shipping",
        permissions=[DECIDE],
        help=gettext_lazy("Hold the missing units elsewhere and have them brought. Try again when they have arrived."),
    )
    def transfer(self, request: HttpRequest, form: TransferForm) -> str:
        """Hold the missing units where a transfer will bring them from."""
        functional = form.cleaned_data["functional"]
        await_transfer(form.shortage.pk, functional, actor=actor_of(request))
        words = _("The missing units are held in %(functional)s.") % {"functional": functional}
        return self._done(request, [form.shortage.pk], words)

    @admin.action(description=gettext_lazy("Backorder"), permissions=["decide"])
    def backorder(self, request: HttpRequest, queryset: QuerySet[Shortage]) -> None:
        """Let the chosen ones wait for stock."""
        try:
            self.message_user(request, self._backorder(request, _ids(queryset)))
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)

    @dialog(
        ShortageForm,
        gettext_lazy("Backorder"),
        icon="hourglass_top",
        permissions=[DECIDE],
        help=gettext_lazy("The order waits for stock and is tried again every minute, the oldest first."),
    )
    def backorder_one(self, request: HttpRequest, form: ShortageForm) -> str:
        """Let one wait for stock."""
        return self._backorder(request, [form.shortage.pk])

    @admin.action(description=gettext_lazy("Cancel …"), permissions=["decide"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Shortage]) -> HttpResponse | None:
        """Ask why, then give the chosen ones up."""
        form = BulkNoteForm(request.POST if "note" in request.POST else None)
        if not form.is_valid():
            return self._ask_note(request, form, queryset.count())
        try:
            self.message_user(request, self._cancel(request, _ids(queryset), form.cleaned_data["note"]))
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
        return None

    @dialog(
        NoteForm,
        gettext_lazy("Give up"),
        icon="cancel",
        permissions=[DECIDE],
        help=gettext_lazy("The order won't be served. Tell the platform as well."),
    )
    def cancel_one(self, request: HttpRequest, form: NoteForm) -> str:
        """Give one up."""
        return self._cancel(request, [form.shortage.pk], form.cleaned_data["note"])

    def _backorder(self, request: HttpRequest, ids: Sequence[int]) -> str:
        done = backorder_shortages(ids, actor=actor_of(request))
        words = ngettext("%(count)d order waits for stock.", "%(count)d orders wait for stock.", len(done))
        self._done(request, done, _("On backorder."))
        return words % {"count": len(done)}

    def _cancel(self, request: HttpRequest, ids: Sequence[int], note: str) -> str:
        done = cancel_shortages(ids, note=note, actor=actor_of(request))
        words = ngettext("%(count)d shortage is cancelled.", "%(count)d shortages are cancelled.", len(done))
        self._done(request, done, _("Cancelled: %s") % note)
        return words % {"count": len(done)}

    def _ask_note(self, request: HttpRequest, form: forms.Form, count: int) -> HttpResponse:
        words = ngettext("Cancel %(count)d shortage", "Cancel %(count)d shortages", count) % {"count": count}
        context = {
            **self.admin_site.each_context(request),
            "title": words,
            "help": _("These orders won't be served. Tell their platforms as well."),
            "form": form,
            "media": form.media,
            "opts": self.opts,
            "action": "cancel",
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/onepool/form.html", context)

    def _tell_attempts(self, request: HttpRequest, attempts: Sequence[Attempt]) -> None:
        done = [attempt.shortage_id for attempt in attempts if attempt.error is None]
        if done:
            words = ngettext("%(count)d order is reserved now.", "%(count)d orders are reserved now.", len(done))
            self.message_user(request, words % {"count": len(done)})
            self._done(request, done, _("Tried again: reserved."))
        refusals = [attempt.error.detail for attempt in attempts if attempt.error is not None]
        for sentence in refusals[:NAMED]:
            self.message_user(request, sentence, messages.WARNING)
        if more := len(refusals[NAMED:]):
            words = ngettext("%(count)d more is still short.", "%(count)d more are still short.", more)
            self.message_user(request, words % {"count": more}, messages.WARNING)

    def _done(self, request: HttpRequest, ids: Sequence[int], words: str) -> str:
        self.log_rows(request, Shortage.objects.filter(pk__in=ids), words)
        return words


def _ids(queryset: QuerySet[Shortage]) -> list[int]:
    return list(queryset.values_list("pk", flat=True))


def _add_shorts(shortages: Sequence[Shortage]) -> None:
    shorts = find_shorts(shortages)
    for shortage in shortages:
        vars(shortage)["shorts"] = shorts[shortage.pk]


def _words(line: ShortNow) -> str:
    return _("%(wanted)d wanted, %(available)d at the last try, %(now)d now") % line._asdict()
