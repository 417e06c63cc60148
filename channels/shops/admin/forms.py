"""The shop's form: its sync policy, and typed fields for what its platform needs."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pydantic
from django import forms
from django.utils.translation import gettext as _
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from channels.platforms import registry, vault
from channels.platforms.contract import PlatformConfig, PlatformError
from channels.sync.forms import SyncPolicyForm
from channels.sync.models import SyncDefaults


class ListingPolicyForm(SyncPolicyForm):
    """A listing, which follows its shop."""

    def outer_policy(self) -> Mapping[str, Any]:
        """The default policy with the shop's laid over it."""
        shop = self.instance.shop if self.instance.shop_id else None
        return {**default_policy(), **(shop.sync if shop else {})}


class ShopFormBase(SyncPolicyForm):
    """A shop, which follows the default policy; `shop_form` adds the fields of the connected platforms."""

    platform = forms.ChoiceField(widget=UnfoldAdminSelectWidget())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        platform = self.fields["platform"]
        platform.label = _("Platform")
        platform.choices = [(code, _platform_label(code, label)) for code, label in registry.known()]  # type: ignore[attr-defined]
        self.stored = self._stored_config()
        secrets = type(self.stored).secret_fields() if self.stored else frozenset()
        for name, value in (self.stored.model_dump() if self.stored else {}).items():
            field = connection_field(self.instance.platform, name)
            if name in secrets:
                self.fields[field].help_text = _("Saved. Leave it empty to keep it.")
            else:
                self.initial[field] = value

    def outer_policy(self) -> Mapping[str, Any]:
        """The default policy."""
        return default_policy()

    def clean(self) -> dict[str, Any]:
        """Seal the connection when one was given; a field left empty keeps what is saved."""
        cleaned = super().clean()
        platform = cleaned.get("platform", "")
        if platform != self.instance.platform:
            self.instance.credentials, self.stored = "", None
        if registry.is_connected(platform):
            self._seal(registry.get(platform).config, platform, cleaned)
        return cleaned

    def _seal(self, model: type[PlatformConfig], platform: str, cleaned: Mapping[str, Any]) -> None:
        said = {name: cleaned.get(connection_field(platform, name)) for name in model.model_fields}
        given = {name: value for name, value in said.items() if value not in (None, "")}
        if not given and self.stored is None:
            return  # a shop may be set up before its keys are known
        known = vars(self.stored) if self.stored else {}
        try:
            config = model.model_validate({**known, **given})
        except pydantic.ValidationError as error:
            for fault in error.errors(include_input=False):
                self.add_error(connection_field(platform, str(fault["loc"][0])), _sentence(fault))
            return
        if config != self.stored:
            self.instance.credentials = vault.seal(config, vault.credential_keys())

    def _stored_config(self) -> PlatformConfig | None:
        if not self.instance.credentials or not registry.is_connected(self.instance.platform):
            return None
        try:
            model = registry.get(self.instance.platform).config
            return vault.unseal(self.instance.credentials, model, vault.credential_keys())
        except PlatformError as error:
            self.fields["platform"].help_text = error.message
            return None


def default_policy() -> dict[str, Any]:
    """The policy every shop starts from."""
    policy: dict[str, Any] = SyncDefaults.objects.values_list("policy", flat=True).first() or {}
    return policy


def connection_field(platform: str, name: str) -> str:
    """The form field for a setting of a platform; also a name that the page's script can use."""
    return f"{platform}__{name}"


@cache
def connection_fields() -> dict[str, forms.Field]:
    """The form fields of every connected platform, in the order of its settings."""
    fields: dict[str, forms.Field] = {}
    for code, _label in registry.known():
        if registry.is_connected(code):
            for name, info in registry.get(code).config.model_fields.items():
                fields[connection_field(code, name)] = _form_field(info)
    return fields


@cache
def account_fields() -> frozenset[str]:
    """The form fields that say which account of a platform a shop is; secrets only open it."""
    connectors = [(code, registry.get(code).config) for code, _label in registry.known() if registry.is_connected(code)]
    return frozenset(
        connection_field(code, name)
        for code, config in connectors
        for name in config.model_fields.keys() - config.secret_fields()
    )


@cache
def shop_form() -> type[ShopFormBase]:
    """The shop's form with the fields of the connected platforms; made on first use, for it loads the connectors."""
    return type("ShopForm", (ShopFormBase,), dict(connection_fields()))


def _form_field(info: FieldInfo) -> forms.Field:
    words: dict[str, Any] = {
        "label": _lazy(info.title or ""),
        "help_text": _lazy(info.description or ""),
        "required": False,
    }
    if info.annotation is SecretStr:
        widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
        return forms.CharField(widget=widget, strip=False, **words)
    if info.annotation is bool:
        return forms.BooleanField(widget=UnfoldBooleanSwitchWidget(), **words)
    if info.annotation is int:
        return forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget(), **words)
    return forms.CharField(widget=UnfoldAdminTextInputWidget(), **words)


def _lazy(text: str) -> Any:
    from django.utils.translation import gettext_lazy

    return gettext_lazy(text) if text else ""


def _sentence(fault: Mapping[str, Any]) -> str:
    return _("This is needed.") if fault["type"] == "missing" else str(fault["msg"])


def _platform_label(code: str, label: Any) -> str:
    return str(label) if registry.is_connected(code) else _("%(platform)s (not connected yet)") % {"platform": label}
