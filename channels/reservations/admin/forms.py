"""What a person says to the verbs about reservations and shortages."""

from typing import Any, cast
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import Model
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from channels.reservations.models import Reservation, Shortage
from channels.reservations.selectors.states import reservations
from channels.reservations.selectors.ways_out import find_places, find_pools, find_shorts
from channels.shops.models import Shop
from core.admin_dialogs import DialogForm
from inventory.catalogue.models import Sku
from inventory.ledger.models import Hold
from inventory.ledger.rules import MAX_UNITS

MOST_MINUTES = 60 * 24 * 366


def minutes_field() -> forms.IntegerField:
    """How long units stay reserved; empty for ever."""
    return forms.IntegerField(
        label=_("Expires in minutes"),
        required=False,
        min_value=1,
        max_value=MOST_MINUTES,
        help_text=_("Empty: never."),
        widget=UnfoldAdminIntegerFieldWidget(),
    )


def text_field(label: Any, **options: Any) -> forms.CharField:
    """A short text."""
    return forms.CharField(label=label, max_length=200, widget=UnfoldAdminTextInputWidget(), **options)


def _choice(model: type[Model], field: Any, label: Any) -> Any:
    # The widget searches through the model's own page.
    widget = AutocompleteSelect(field, admin.site)
    return forms.ModelChoiceField(model._default_manager.all(), label=label, widget=widget)  # noqa: SLF001 — public for all but its name


def _fresh_key() -> str:
    return f"by-hand-{uuid4()}"


class ReserveForm(forms.Form):
    """A reservation made by hand. The form carries its key, so that sending it twice books once."""

    shop = _choice(Shop, Reservation._meta.get_field("shop"), _("Shop"))  # noqa: SLF001
    sku = _choice(Sku, Hold._meta.get_field("sku"), _("SKU"))  # noqa: SLF001
    quantity = forms.IntegerField(
        label=_("Quantity"), min_value=1, max_value=MAX_UNITS, widget=UnfoldAdminIntegerFieldWidget()
    )
    check = forms.ChoiceField(
        label=_("Must fit"),
        choices=Reservation.Check.choices,
        widget=UnfoldAdminSelectWidget(),
        help_text=_("A sale that has already happened must fit the stock; everything else the shop's quantity."),
    )
    minutes = minutes_field()
    reason = text_field(_("Reason"))
    reference = text_field(_("Reference"), required=False)
    key = forms.CharField(max_length=64, widget=forms.HiddenInput(), initial=_fresh_key)

    def renew_key(self) -> None:
        """The key has been used for something else: what is sent next is a reservation of its own."""
        self.data: Any = {**self.data.dict(), "key": _fresh_key()}


class ReservationForm(DialogForm):
    """A form about one reservation."""

    reservation: Reservation

    def load(self) -> None:
        """Find the reservation and say what it is."""
        found = reservations().filter(pk=self.object_id).first()
        if found is None:
            raise Http404
        self.reservation = found
        self.facts = [
            (_("Shop"), found.shop.code),
            (_("Reference"), found.reference or found.key),
            (_("State"), found.get_state_display()),
        ]


class ExtendForm(ReservationForm):
    """Until when units stay reserved."""

    minutes = minutes_field()


class ConfirmForm(forms.Form):
    """Nothing but being sure."""

    confirmed = forms.BooleanField(initial=True, widget=forms.HiddenInput())


class ShortageForm(DialogForm):
    """A form about one shortage, with what is short above the fields."""

    shortage: Shortage

    def load(self) -> None:
        """Find the shortage and say what is short."""
        found = Shortage.objects.select_related("shop").filter(pk=self.object_id).first()
        if found is None:
            raise Http404
        self.shortage = found
        self.facts = [
            (_("Shop"), found.shop.code),
            (_("Reference"), found.reference or found.key),
            *(
                (line.sku, _("%(wanted)d wanted, %(now)d available now") % line._asdict())
                for line in find_shorts([found])[found.pk]
            ),
        ]

    def offer(self, name: str, choices: list[tuple[str, str]], none: Any) -> None:
        """Let the field `name` choose among these, or say that there are none."""
        field = cast("forms.ChoiceField", self.fields[name])
        field.choices = choices
        if not choices:
            field.help_text = none


class PoolForm(ShortageForm):
    """Another pool to take the units from."""

    pool = forms.ChoiceField(label=_("Dispatch pool"), widget=UnfoldAdminSelectWidget())

    def load(self) -> None:
        """The pools that have everything can be chosen; what the others have is shown."""
        super().load()
        pools = find_pools(self.shortage)
        chosen = [(pool.code, f"{pool.code} {pool.name}: {_units(pool.units)}") for pool in pools if pool.enough]
        self.facts += [(pool.code, _units(pool.units)) for pool in pools if not pool.enough]
        self.offer("pool", chosen, _("No pool has all units of this order. Think of a transfer or a backorder."))


class TransferForm(ShortageForm):
    """A place to bring the units from."""

    functional = forms.ChoiceField(label=_("Functional warehouse"), widget=UnfoldAdminSelectWidget())

    def load(self) -> None:
        """The places that have all missing units free."""
        super().load()
        places = find_places(self.shortage)
        chosen = [
            (place.code, f"{place.code} {place.warehouse} · {place.status}: {_units(place.free)}") for place in places
        ]
        self.offer("functional", chosen, _("No other place has all the missing units free."))


class NoteForm(ShortageForm):
    """Why a shortage is given up."""

    note = text_field(_("Note"))


class BulkNoteForm(forms.Form):
    """Why shortages are given up."""

    note = text_field(_("Note"))


def _units(units: Any) -> str:
    return ", ".join(f"{sku} × {count}" for sku, count in units.items())
