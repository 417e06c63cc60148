"""Forms of stock pages: what a person says to a verb about one stock row, or about any SKU anywhere."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from core.admin_dialogs import DialogForm
from inventory.catalogue.models import Sku
from inventory.ledger.models import LedgerEntry, StockRow
from inventory.ledger.rules import MAX_UNITS
from inventory.ledger.selectors import stock_line, stock_rows
from inventory.warehouses.models import FunctionalWarehouse
from inventory.warehouses.selectors import within_workplaces

Kind = LedgerEntry.Kind


def units_field(label: Any, least: int | None = 1, **options: Any) -> forms.IntegerField:
    """A whole number of units."""
    most = options.pop("most", MAX_UNITS)
    widget = UnfoldAdminIntegerFieldWidget()
    return forms.IntegerField(label=label, min_value=least, max_value=most, widget=widget, **options)


def text_field(label: Any, **options: Any) -> forms.CharField:
    """A short text."""
    return forms.CharField(label=label, max_length=200, widget=UnfoldAdminTextInputWidget(), **options)


def reference_field() -> forms.CharField:
    """The number of a paper."""
    return text_field(_("Reference"), required=False, help_text=_("Number of the delivery note or the document."))


class StockRowForm(DialogForm):
    """A form about one stock row of the user's warehouses, with the row's numbers above the fields."""

    row: StockRow

    def load(self) -> None:
        """Find the row; Http404 when it lies in another's warehouse."""
        rows = within_workplaces(stock_rows(), self.request.user)
        found = rows.filter(pk=self.object_id).first()
        if found is None:
            raise Http404
        self.row = found
        line = stock_line(found)
        self.facts = [
            (_("SKU"), f"{found.sku.code} {found.sku.name}"),
            (_("Where"), f"{found.functional.code} · {found.functional.warehouse.name}"),
            (_("On hand"), found.on_hand),
            (_("Allocated"), found.allocated),
            (_("Free"), line.free),
        ]


class ReceiveForm(StockRowForm):
    """Goods that came in."""

    quantity = units_field(_("Quantity"))
    reference = reference_field()
    reason = text_field(_("Reason"), required=False)


class IssueForm(StockRowForm):
    """Goods that went out."""

    quantity = units_field(_("Quantity"))
    reason = text_field(_("Reason"))
    reference = reference_field()


class AdjustForm(StockRowForm):
    """A correction."""

    quantity = units_field(
        pgettext_lazy("units", "Change"), -MAX_UNITS, help_text=_("Units to add; with a minus, units to take away.")
    )
    reason = text_field(_("Reason"))


class CountForm(StockRowForm):
    """What was counted, given what the page showed."""

    on_hand = units_field(_("Counted units"), 0)
    expected = forms.IntegerField(widget=forms.HiddenInput())
    reason = text_field(_("Note"), required=False)

    def load(self) -> None:
        """Remember the number the person sees."""
        super().load()
        self.fields["expected"].initial = self.row.on_hand

    def refused(self) -> None:
        """The numbers above are new ones, so the next try is about them."""
        self.data: Any = {**self.data.dict(), "expected": str(self.row.on_hand)}


class MoveForm(StockRowForm):
    """Goods whose status changes."""

    to_functional = forms.ModelChoiceField(
        FunctionalWarehouse.objects.none(), to_field_name="code", label=_("To"), widget=UnfoldAdminSelectWidget()
    )
    quantity = units_field(_("Quantity"))
    reason = text_field(_("Reason"), required=False)

    def load(self) -> None:
        """Goods stay in their warehouse."""
        super().load()
        others = FunctionalWarehouse.objects.filter(warehouse=self.row.functional.warehouse_id)
        field = cast("forms.ModelChoiceField[FunctionalWarehouse]", self.fields["to_functional"])
        field.queryset = others.exclude(pk=self.row.functional_id)


class HoldForm(StockRowForm):
    """Units to set aside."""

    quantity = units_field(_("Quantity"))
    reason = text_field(_("Reason"))
    reference = reference_field()
    expires_at = forms.DateTimeField(
        label=_("Until"),
        required=False,
        help_text=_("Empty: until somebody releases it."),
        widget=forms.DateTimeInput({"type": "datetime-local", "class": " ".join(INPUT_CLASSES)}, "%Y-%m-%dT%H:%M"),
    )


class SafetyStockForm(StockRowForm):
    """Units of one SKU that are never offered."""

    units = units_field(
        _("Safety stock"), 0, required=False, help_text=_("Empty: the functional warehouse's own number counts.")
    )

    def load(self) -> None:
        """Start from the present number, and say what an empty field would mean."""
        super().load()
        self.fields["units"].initial = self.row.safety_stock
        self.facts.append((_("Safety stock of the warehouse"), self.row.functional.safety_stock))


# A movement and the permission it takes.
MOVEMENTS = {
    Kind.RECEIPT: "inventory.receive_stock",
    Kind.ISSUE: "inventory.issue_stock",
    Kind.ADJUSTMENT: "inventory.adjust_stock",
    Kind.STATUS_CHANGE: "inventory.move_stock",
    Kind.OPENING: "inventory.adjust_stock",
}


def allowed_movements(request: HttpRequest) -> list[LedgerEntry.Kind]:
    """The kinds of movement the user may post."""
    user = request.user
    return [kind for kind, permission in MOVEMENTS.items() if user.has_perm(permission)]


def _choice(model: type[Any], name: str, label: Any, **options: Any) -> Any:
    # The widget asks the model's own page, which shows a user no other warehouse than theirs.
    widget = AutocompleteSelect(LedgerEntry._meta.get_field(name), admin.site)  # noqa: SLF001
    return forms.ModelChoiceField(model.objects.all(), label=label, widget=widget, **options)


class MovementForm(forms.Form):
    """A movement of any SKU, also where it has no stock row yet."""

    kind = forms.ChoiceField(label=_("What happened"), widget=UnfoldAdminSelectWidget())
    functional = _choice(FunctionalWarehouse, "functional", _("Functional warehouse"))
    sku = _choice(Sku, "sku", _("SKU"))
    quantity = units_field(_("Quantity"), -MAX_UNITS, help_text=_("Only an adjustment may be negative."))
    to_functional = _choice(
        FunctionalWarehouse,
        "counterpart",
        _("To"),
        required=False,
        help_text=_("Of a status change: where the goods go, in the same warehouse."),
    )
    reference = reference_field()
    reason = text_field(_("Reason"), required=False)

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = cast("forms.ChoiceField", self.fields["kind"])
        kinds.choices = [(kind.value, kind.label) for kind in allowed_movements(request)]
        for name in ("functional", "to_functional"):
            field = cast("forms.ModelChoiceField[FunctionalWarehouse]", self.fields[name])
            field.queryset = within_workplaces(FunctionalWarehouse.objects.all(), request.user, "warehouse")
