"""What is asked for an edit: the thing, and its fields with what stands there now; only what differs is tried."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from channels.shops.models import Listing, Share, Shop
from channels.simulation.rules.edits import AnyEdit, Level, ReorderStrategies, SetLink, SetPolicy, SetPool, SetShare
from channels.sync.forms import SyncPolicyForm
from channels.sync.models import SyncDefaults
from inventory.supply.models import Pool, SupplyLink
from strategies.models import Strategy

WHOLE, YES_NO = UnfoldAdminIntegerFieldWidget, UnfoldBooleanSwitchWidget


class NameForm(forms.Form):
    """What a simulation is called."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("What you want to try, such as “Coats to Tmall first”."),
    )


class _SettingForm(forms.ModelForm):  # type: ignore[type-arg]
    """The fields of a row as they are; its edit names those that are changed."""

    edit: ClassVar[type[SetLink | SetShare | SetPool]]

    def clean(self) -> dict[str, Any]:
        """Something must differ, or there is nothing to try."""
        cleaned = super().clean() or {}
        if not self.errors and not self.changed_data:
            raise forms.ValidationError(_("Change at least one value: nothing is different yet."))
        return cleaned

    def to_edit(self) -> AnyEdit:
        """The edit of what is changed."""
        values = {name: self.cleaned_data[name] for name in self.changed_data}
        return self.edit.model_validate(
            {"id": self.instance.pk, **{n: v.pk if isinstance(v, Model) else v for n, v in values.items()}}
        )


class LinkEditForm(_SettingForm):
    """A supply link."""

    edit = SetLink

    class Meta:
        model = SupplyLink
        fields = ("ratio", "reserve", "active")
        widgets = {"ratio": UnfoldAdminDecimalFieldWidget(), "reserve": WHOLE(), "active": YES_NO()}


class ShareEditForm(_SettingForm):
    """A share."""

    edit = SetShare

    class Meta:
        model = Share
        fields = ("ratio", "holdback", "cap", "priority", "home_supply", "active")
        widgets = {
            "ratio": UnfoldAdminDecimalFieldWidget(),
            "holdback": WHOLE(),
            "cap": WHOLE(),
            "priority": WHOLE(),
            "home_supply": UnfoldAdminSelectWidget(),
            "active": YES_NO(),
        }


class PoolEditForm(_SettingForm):
    """A dispatch pool."""

    edit = SetPool

    class Meta:
        model = Pool
        fields = ("mode", "scarcity_at", "active")
        widgets = {"mode": UnfoldAdminSelectWidget(), "scarcity_at": WHOLE(), "active": YES_NO()}


class _PolicyEditForm(SyncPolicyForm):
    """A sync policy as it is; its edit names the fields that are set or left to the level above."""

    level: ClassVar[Level]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = dict(getattr(self.instance, self.policy_attribute))

    def outer_policy(self) -> Mapping[str, Any]:
        """What counts where a field isn't set here."""
        defaults: dict[str, Any] = SyncDefaults.objects.values_list("policy", flat=True).first() or {}
        if self.level == "default":
            return {}
        return {**defaults, **self.instance.shop.sync} if self.level == "listing" else defaults

    def clean(self) -> dict[str, Any]:
        """Something must differ, or there is nothing to try."""
        cleaned = super().clean()
        if not self.errors and getattr(self.instance, self.policy_attribute) == self.before:
            raise forms.ValidationError(_("Change at least one value: nothing is different yet."))
        return cleaned

    def to_edit(self) -> AnyEdit:
        """The edit of what is changed."""
        before, after = self.before, getattr(self.instance, self.policy_attribute)
        changed = {name: value for name, value in after.items() if name not in before or before[name] != value}
        return SetPolicy(
            level=self.level,
            id=None if self.level == "default" else self.instance.pk,
            policy=changed,
            unset=tuple(name for name in before if name not in after),
        )


class ShopPolicyForm(_PolicyEditForm):
    """A shop's sync policy."""

    level = "shop"

    class Meta:
        model = Shop
        fields = ()


class ListingPolicyForm(_PolicyEditForm):
    """A listing's sync policy."""

    level = "listing"

    class Meta:
        model = Listing
        fields = ()


class DefaultPolicyForm(_PolicyEditForm):
    """The default sync policy."""

    level = "default"
    policy_attribute = "policy"

    class Meta:
        model = SyncDefaults
        fields = ()


class OrderForm(forms.Form):
    """Another place for one strategy among those of its kind."""

    place = forms.IntegerField(
        label=gettext_lazy("New place"),
        min_value=1,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=gettext_lazy("1 is asked first; the first that matches decides."),
    )

    def __init__(self, *args: Any, strategy: Strategy, order: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.strategy, self.order = strategy, order
        self.fields["place"].initial = order.index(strategy.pk) + 1

    def clean_place(self) -> int:
        """A place there is, and another than now."""
        place: int = self.cleaned_data["place"]
        if place > len(self.order):
            raise forms.ValidationError(_("There are %(count)d places.") % {"count": len(self.order)})
        if self.order[place - 1] == self.strategy.pk:
            raise forms.ValidationError(_("It has this place already."))
        return place

    def to_edit(self) -> AnyEdit:
        """The order with the strategy at its new place."""
        rest = [pk for pk in self.order if pk != self.strategy.pk]
        at = self.cleaned_data["place"] - 1
        return ReorderStrategies(kind=self.strategy.kind, order=(*rest[:at], self.strategy.pk, *rest[at:]))
