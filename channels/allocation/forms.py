"""An allocation action in form fields."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from channels.cascade.rules import Mode
from channels.network.values import percent
from channels.shops.models import Shop
from channels.sync.forms import UNSET, PolicyValueField
from inventory.supply.models import Pool

MOST = 2**31 - 1
OTHERS = "others"  # the row of every shop that isn't set by itself
Row = tuple[str, str, "dict[str, forms.BoundField]"]


def _units(**options: Any) -> forms.IntegerField:
    return forms.IntegerField(
        required=False, min_value=0, max_value=MOST, widget=UnfoldAdminIntegerFieldWidget(), **options
    )


def _share_fields() -> dict[str, forms.Field]:
    return {
        "ratio": forms.DecimalField(
            label=_("Ratio (%)"),
            required=False,
            min_value=0,
            max_value=100,
            decimal_places=2,
            widget=UnfoldAdminDecimalFieldWidget(),
        ),
        "holdback": _units(label=_("Holdback")),
        "cap": PolicyValueField(_units(), none=_("no cap"), label=_("Cap")),
        "priority": _units(label=_("Priority")),
    }


class AllocationActionForm(forms.Form):
    """What an allocation strategy does, with a row for every shop; what is left empty stays as the pool has it."""

    editor_template = "allocation/action.html"

    mode = forms.ChoiceField(
        label=_("Mode"),
        required=False,
        choices=lambda: [("", _("As the pool has it")), *Pool.Mode.choices],
        widget=UnfoldAdminSelectWidget(),
    )
    scarcity_at = PolicyValueField(
        _units(),
        none=_("never all to the first shop"),
        label=_("Scarce at"),
        help_text=_("When the pool holds this many units or fewer, the first shop gets them all."),
    )

    def __init__(self, data: Any = None, *, initial: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        stored = {share.get("shop"): share for share in (initial or {}).get("shares", [])}
        self._shops: dict[str, tuple[str | None, str]] = {OTHERS: (None, "")}
        shops = Shop.objects.filter(shares__isnull=False) | Shop.objects.filter(code__in=[c for c in stored if c])
        for pk, code, name in shops.distinct().order_by("code").values_list("pk", "code", "name"):
            self._shops[str(pk)] = (code, name)
        values = {"mode": "", "scarcity_at": UNSET, **{k: v for k, v in (initial or {}).items() if k != "shares"}}
        for key, (shop, _name) in self._shops.items():
            share = stored.get(shop, {})
            values |= {f"{key}-{name}": share.get(name, UNSET if name == "cap" else None) for name in _share_fields()}
        super().__init__(data, initial=values, **kwargs)
        for key in self._shops:
            self.fields |= {f"{key}-{name}": field for name, field in _share_fields().items()}

    def rows(self) -> list[Row]:
        """(code, name, fields) of every shop, first those of every shop that isn't set by itself."""
        return [
            (code or "", name, {field: self[f"{key}-{field}"] for field in _share_fields()})
            for key, (code, name) in self._shops.items()
        ]

    def to_action(self) -> dict[str, Any]:
        """The action of a valid form, as it is stored."""
        data = self.cleaned_data
        action: dict[str, Any] = {"mode": Mode(data["mode"]).value} if data["mode"] else {}
        if data["scarcity_at"] != UNSET:
            action["scarcity_at"] = data["scarcity_at"]
        shares = [self._share(key, code) for key, (code, _name) in self._shops.items()]
        named = [share for share in shares if share.keys() - {"shop"}]
        return action | ({"shares": named} if named else {})

    def _share(self, key: str, code: str | None) -> dict[str, Any]:
        share: dict[str, Any] = {"shop": code} if code else {}
        for name in _share_fields():
            value = self.cleaned_data[f"{key}-{name}"]
            if value == UNSET or (value is None and name != "cap"):
                continue
            share[name] = percent(value) if name == "ratio" else value
        return share
