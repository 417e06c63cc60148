"""A sync policy in form fields: each is a number, explicitly no rule, or not set at all."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from channels.sync.rules import FIELDS, merge_policy

UNSET: Final = "unset"
NO_RULE: Final = gettext_lazy("no rule, whatever stands above")
MOST = 2**31 - 1


class PolicyValueWidget(forms.MultiWidget):
    """A number beside a box for "no rule"; both empty means that the field isn't set here."""

    template_name = "channels/policy_value.html"

    def __init__(self, none: Any = NO_RULE) -> None:
        super().__init__([UnfoldAdminDecimalFieldWidget(), UnfoldBooleanWidget()])
        self.none = none

    def decompress(self, value: Any) -> Sequence[Any]:
        """(number, no rule) of a value that is a number, None for "no rule", or UNSET."""
        return [None if value == UNSET else value, value is None]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Without the script's binding that unfold gives to whole fields: here it would tie number and box together."""
        kept = {key: text for key, text in self.attrs.items() if not key.startswith("x-")}
        self.attrs = kept
        return {**super().get_context(name, value, attrs), "none": self.none}


class PolicyValueField(forms.MultiValueField):
    """A field of the sync policy: UNSET, None (explicitly no rule, which `none` says in words) or a number."""

    def __init__(self, number: forms.Field, *, none: Any = NO_RULE, **options: Any) -> None:
        boxes = (number, forms.BooleanField(required=False))
        options.setdefault("widget", PolicyValueWidget(none))
        super().__init__(boxes, require_all_fields=False, required=False, **options)

    def compress(self, data_list: Sequence[Any]) -> Any:
        """The value of (number, no rule)."""
        number, none = data_list or (None, False)
        if none and number is not None:
            raise forms.ValidationError(_("Give a number or tick the box, not both."))
        if none:
            return None
        return UNSET if number is None else _plain(number)


def _plain(number: int | Decimal) -> int | float:
    return int(number) if number == int(number) else float(number)


def _whole(label: Any, least: int | None, text: Any) -> PolicyValueField:
    number = forms.IntegerField(required=False, min_value=-MOST if least is None else least, max_value=MOST)
    return PolicyValueField(number, label=label, help_text=text)


def _ratio() -> PolicyValueField:
    return PolicyValueField(
        forms.DecimalField(required=False, min_value=0, max_value=100, decimal_places=2),
        label=gettext_lazy("Ratio (%)"),
        help_text=gettext_lazy("Percentage of what the shop may sell; rounded down."),
    )


def _offset() -> PolicyValueField:
    return _whole(gettext_lazy("Offset"), None, gettext_lazy("Units added; with a minus, taken away."))


def _buffer() -> PolicyValueField:
    return _whole(gettext_lazy("Buffer"), 0, gettext_lazy("Units never shown."))


def _min_quantity() -> PolicyValueField:
    return _whole(gettext_lazy("Minimum"), 0, gettext_lazy("With fewer units than this, 0 is shown."))


def _max_quantity() -> PolicyValueField:
    return _whole(gettext_lazy("Maximum"), 0, gettext_lazy("Never more units than this are shown."))


def _multiple() -> PolicyValueField:
    return _whole(gettext_lazy("Multiple"), 1, gettext_lazy("Rounded down to a multiple of this."))


def _fixed() -> PolicyValueField:
    text = gettext_lazy("Exactly this number is shown, backed by stock or not.")
    return _whole(gettext_lazy("Fixed number"), 0, text)


class SyncActionForm(forms.Form):
    """What a sync strategy does; a field that is left empty is not set by the strategy."""

    ratio = _ratio()
    offset = _offset()
    buffer = _buffer()
    min_quantity = _min_quantity()
    max_quantity = _max_quantity()
    multiple = _multiple()
    fixed = _fixed()
    pause = forms.CharField(
        label=gettext_lazy("Pause, because"),
        help_text=gettext_lazy("With a reason, nothing is published and the platform keeps its number."),
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
    )
    increase_only = forms.BooleanField(
        label=gettext_lazy("Increase only"),
        help_text=gettext_lazy("The number is never lowered."),
        required=False,
        widget=UnfoldBooleanWidget(),
    )

    def __init__(self, data: Any = None, *, initial: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        unset = dict.fromkeys(FIELDS, UNSET)
        super().__init__(data, initial={**unset, **(initial or {})}, **kwargs)

    def to_action(self) -> dict[str, Any]:
        """The action of a valid form, as it is stored."""
        action = {name: self.cleaned_data[name] for name in FIELDS if self.cleaned_data[name] != UNSET}
        if self.cleaned_data["pause"]:
            action["pause"] = self.cleaned_data["pause"]
        if self.cleaned_data["increase_only"]:
            action["increase_only"] = True
        return action


class SyncPolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose object keeps a sync policy in the JSON field `policy_attribute`.

    `outer_policy` answers what counts where a field isn't set here; it is shown in the empty fields.
    """

    policy_attribute = "sync"

    policy_ratio = _ratio()
    policy_offset = _offset()
    policy_buffer = _buffer()
    policy_min_quantity = _min_quantity()
    policy_max_quantity = _max_quantity()
    policy_multiple = _multiple()
    policy_fixed = _fixed()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = getattr(self.instance, self.policy_attribute)
        outer = self.outer_policy()
        for name in FIELDS:
            self.initial[f"policy_{name}"] = own.get(name, UNSET)
            number = self.fields[f"policy_{name}"].widget.widgets[0]
            if outer.get(name) is not None:
                number.attrs["placeholder"] = _("%(value)s (from above)") % {"value": outer[name]}

    def outer_policy(self) -> Mapping[str, Any]:
        """The policy that this one is laid over."""
        return {}

    def clean(self) -> dict[str, Any]:
        """Put the fields together and ask the rules whether they make a policy."""
        cleaned: dict[str, Any] = super().clean() or {}
        said = {name: cleaned.get(f"policy_{name}", UNSET) for name in FIELDS}
        policy = {name: value for name, value in said.items() if value != UNSET}
        try:
            merge_policy(policy)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        setattr(self.instance, self.policy_attribute, policy)
        return cleaned


POLICY_FIELDSET = (
    gettext_lazy("Sync policy"),
    {
        "fields": (
            ("policy_ratio", "policy_offset"),
            ("policy_buffer", "policy_multiple"),
            ("policy_min_quantity", "policy_max_quantity"),
            "policy_fixed",
        ),
        "description": gettext_lazy(
            "An empty field is not set here: the listing follows its shop, and the shop the default policy."
        ),
    },
)
