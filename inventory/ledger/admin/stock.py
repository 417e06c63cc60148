"""Stock rows: a list to read, and dialogs that call the verbs."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectMultipleFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
    RangeNumericFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import action

from core.admin_base import ReadOnlyAdmin, actor_of, link, two_lines
from core.admin_dialogs import add_domain_error, dialog
from core.errors import DomainError
from core.sheets.admin import SheetAdminMixin
from inventory.ledger.actions import (
    Count,
    HoldRequest,
    Movement,
    SafetyStock,
    count_stock,
    place_holds,
    post_movements,
    set_safety_stock,
)
from inventory.ledger.admin.forms import (
    AdjustForm,
    CountForm,
    HoldForm,
    IssueForm,
    MoveForm,
    MovementForm,
    ReceiveForm,
    SafetyStockForm,
    StockRowForm,
    allowed_movements,
)
from inventory.ledger.admin.records import PLACE_FILTERS
from inventory.ledger.models import LedgerEntry, StockRow
from inventory.ledger.selectors import ledger_entries, open_holds, stock_line
from inventory.warehouses.selectors import within_workplaces

Kind = LedgerEntry.Kind
RECENT = 20


@admin.register(StockRow)
class StockRowAdmin(SheetAdminMixin, ReadOnlyAdmin):
    """Stock rows; every change is a dialog over a verb."""

    sheets = ("stock-counts", "movements")
    list_display = (
        "item", "place", "on_hand", "allocated", "free", "safety", "atp", "updated_at", "sku_stock",
    )  # fmt: skip
    list_display_links = ("item", "place")
    list_select_related = ("sku", "functional__warehouse")
    list_filter = (
        *PLACE_FILTERS,
        ("functional__warehouse__kind", ChoicesDropdownFilter),
        ("functional__status", RelatedDropdownFilter),
        ("sku__brand", AutocompleteSelectMultipleFilter),
        ("sku__category", AutocompleteSelectMultipleFilter),
        ("on_hand", RangeNumericFilter),
        ("allocated", RangeNumericFilter),
        ("updated_at", RangeDateTimeFilter),
    )
    search_fields = ("sku__code", "sku__name", "sku__search_name", "sku__barcode", "functional__code")
    search_help_text = gettext_lazy("SKU, name, pinyin or initials of the name, barcode, or functional warehouse")
    empty_hint = gettext_lazy(
        "No stock has been booked yet. Receive goods, import a count, or look around in the demo company (make demo)."
    )
    fields = (("sku", "functional"), ("on_hand", "allocated"), ("free", "safety", "atp"), ("version", "updated_at"))
    readonly_fields = ("free", "safety", "atp")
    change_form_after_template = "admin/inventory/stockrow/after.html"
    actions_list = ("post_movement",)
    actions_row = ("count", "receive", "issue", "adjust", "move", "hold", "safety_stock")
    actions_detail = (
        "count",
        "receive",
        {"title": gettext_lazy("More"), "items": ["issue", "adjust", "move", "hold", "safety_stock"]},
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockRow]:
        """The rows of the user's warehouses."""
        rows = super().get_queryset(request).select_related("sku", "functional__warehouse")
        return within_workplaces(rows, request.user)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With the latest ledger entries and the open holds."""
        row = self.get_object(request, object_id)
        here = {"sku": row.sku_id, "functional": row.functional_id} if row else {"pk": None}
        more = {"entries": ledger_entries().filter(**here)[:RECENT], "holds": open_holds().filter(**here)}
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})
        return response

    @admin.display(description=gettext_lazy("SKU"), ordering="sku__code")
    def item(self, row: StockRow) -> SafeString:
        """The SKU."""
        return two_lines(row.sku.code, row.sku.name)

    @admin.display(description=gettext_lazy("everywhere"))
    def sku_stock(self, row: StockRow) -> SafeString:
        """To the SKU's stock in all warehouses and layers."""
        return link(_("All layers"), "sku_stock", row.sku.code)

    @admin.display(description=gettext_lazy("functional warehouse"), ordering="functional__code")
    def place(self, row: StockRow) -> SafeString:
        """Where it lies."""
        return two_lines(row.functional.code, row.functional.warehouse.name)

    @admin.display(description=gettext_lazy("free"), ordering=F("on_hand") - F("allocated"))
    def free(self, row: StockRow) -> int:
        """Units that no hold has taken."""
        return stock_line(row).free

    @admin.display(description=gettext_lazy("safety stock"))
    def safety(self, row: StockRow) -> int:
        """The safety stock that counts: the row's own, or the functional warehouse's."""
        return stock_line(row).safety_stock

    @admin.display(description=gettext_lazy("available"))
    def atp(self, row: StockRow) -> int:
        """Available to promise."""
        return stock_line(row).atp

    @dialog(ReceiveForm, gettext_lazy("Receive"), icon="move_to_inbox", permissions=["inventory.receive_stock"])
    def receive(self, request: HttpRequest, form: ReceiveForm) -> str:
        """Book a receipt."""
        return self._post(request, form, Kind.RECEIPT, _("Received %(quantity)d of %(sku)s."))

    @dialog(IssueForm, gettext_lazy("Issue"), icon="outbox", permissions=["inventory.issue_stock"])
    def issue(self, request: HttpRequest, form: IssueForm) -> str:
        """Book an issue."""
        return self._post(request, form, Kind.ISSUE, _("Issued %(quantity)d of %(sku)s."))

    @dialog(AdjustForm, gettext_lazy("Adjust"), icon="tune", permissions=["inventory.adjust_stock"])
    def adjust(self, request: HttpRequest, form: AdjustForm) -> str:
        """Book a correction."""
        return self._post(request, form, Kind.ADJUSTMENT, _("Adjusted %(sku)s by %(quantity)+d."))

    @dialog(MoveForm, gettext_lazy("Move to another status"), icon="swap_horiz", permissions=["inventory.move_stock"])
    def move(self, request: HttpRequest, form: MoveForm) -> str:
        """Book a change of status."""
        return self._post(request, form, Kind.STATUS_CHANGE, _("Moved %(quantity)d of %(sku)s."))

    @dialog(CountForm, gettext_lazy("Count"), icon="fact_check", permissions=["inventory.count_stock"])
    def count(self, request: HttpRequest, form: CountForm) -> str:
        """Set the row to what was counted, unless it has moved since the person saw it."""
        row, said = form.row, form.cleaned_data
        counted = Count(row.functional.code, row.sku.code, said["on_hand"], said["expected"])
        count_stock([counted], actor=actor_of(request), reason=said["reason"], within=row.functional.warehouse.code)
        words = _("Counted %(sku)s: %(units)d.") % {"sku": row.sku.code, "units": said["on_hand"]}
        return self._done(request, form, words)

    @dialog(HoldForm, gettext_lazy("Hold"), icon="lock", permissions=["inventory.hold_stock"])
    def hold(self, request: HttpRequest, form: HoldForm) -> str:
        """Set units aside."""
        row, said = form.row, form.cleaned_data
        wanted = HoldRequest(
            row.functional.code, row.sku.code, said["quantity"], said["reason"], said["expires_at"], said["reference"]
        )
        place_holds([wanted], actor=actor_of(request), within=row.functional.warehouse.code)
        words = _("Holding %(quantity)d of %(sku)s.") % {"quantity": said["quantity"], "sku": row.sku.code}
        return self._done(request, form, words)

    @dialog(SafetyStockForm, gettext_lazy("Safety stock"), icon="shield", permissions=["inventory.set_safety_stock"])
    def safety_stock(self, request: HttpRequest, form: SafetyStockForm) -> str:
        """Set or take away the row's own safety stock."""
        row, units = form.row, form.cleaned_data["units"]
        level = SafetyStock(row.functional.code, row.sku.code, units)
        set_safety_stock([level], actor=actor_of(request), within=row.functional.warehouse.code)
        shown = _("as the warehouse") if units is None else units
        return self._done(
            request, form, _("Safety stock of %(sku)s: %(units)s.") % {"sku": row.sku.code, "units": shown}
        )

    @action(description=gettext_lazy("Receive or move goods"), icon="add", permissions=["post_movement"])
    def post_movement(self, request: HttpRequest) -> HttpResponse:
        """A page for a movement of any SKU, also where it has no stock row yet."""
        if not self.has_post_movement_permission(request):
            raise PermissionDenied
        form = MovementForm(request.POST or None, request=request)
        if form.is_valid():
            try:
                post_movements([_movement(form.cleaned_data)], actor=actor_of(request))
            except DomainError as error:
                add_domain_error(form, error)
            else:
                messages.success(request, _("Booked."))
                return HttpResponseRedirect(reverse("admin:inventory_stockrow_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Receive or move goods"),
            "form": form,
            "media": form.media,
            "opts": self.opts,
            "back": reverse("admin:inventory_stockrow_changelist"),
        }
        return TemplateResponse(request, "admin/onepool/form.html", context)

    def has_post_movement_permission(self, request: HttpRequest) -> bool:
        """Whether the user may post any movement."""
        return bool(allowed_movements(request))

    def _post(self, request: HttpRequest, form: StockRowForm, kind: LedgerEntry.Kind, words: str) -> str:
        row, said = form.row, form.cleaned_data
        target = said.get("to_functional")
        movement = Movement(
            row.functional.code,
            row.sku.code,
            kind,
            said["quantity"],
            target.code if target else "",
            said.get("reference", ""),
            said["reason"],
        )
        post_movements([movement], actor=actor_of(request), within=row.functional.warehouse.code)
        return self._done(request, form, words % {"quantity": said["quantity"], "sku": row.sku.code})

    def _done(self, request: HttpRequest, form: StockRowForm, words: str) -> str:
        self.log_rows(request, [form.row], words)
        return words


def _movement(said: dict[str, Any]) -> Movement:
    target = said["to_functional"]
    return Movement(
        said["functional"].code,
        said["sku"].code,
        said["kind"],
        said["quantity"],
        target.code if target else "",
        said["reference"],
        said["reason"],
    )
