"""Every platform a channel can name, and the connector of those that have one.

Adding a platform: a folder beside this file and its dotted paths in the line below.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import cast

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.platforms.contract import OutcomeKind, Platform, PlatformConfig, PlatformError


@dataclass(frozen=True, slots=True)
class Entry:
    """A platform by name. `connector` and `config` are dotted paths, empty while it is not connected."""

    code: str
    label: str | Promise
    connector: str = ""
    config: str = ""


@dataclass(frozen=True, slots=True)
class Connector:
    """A platform that can be reached: its connector class and the model of its configuration."""

    code: str
    label: str
    platform: type[Platform]
    config: type[PlatformConfig]


ENTRIES = (
    Entry(
        "demo",
        gettext_lazy("Demo marketplace"),
        connector="channels.platforms.demo.client.DemoPlatform",
        config="channels.platforms.demo.config.DemoConfig",
    ),
    Entry("taobao", gettext_lazy("Taobao and Tmall")),
    Entry("jd", gettext_lazy("JD")),
    Entry("douyin", gettext_lazy("Douyin")),
    Entry("pdd", gettext_lazy("Pinduoduo")),
    Entry("xiaohongshu", gettext_lazy("Xiaohongshu")),
    Entry("weixin", gettext_lazy("Weixin shop")),
    Entry("youzan", gettext_lazy("Youzan")),
    Entry("shopify", gettext_lazy("Shopify")),
    Entry("woocommerce", gettext_lazy("WooCommerce")),
    Entry("amazon", gettext_lazy("Amazon")),
)
_BY_CODE = {entry.code: entry for entry in ENTRIES}


def known() -> Sequence[tuple[str, str | Promise]]:
    """(code, label) of every platform, connected or not, as choices for a form."""
    return [(entry.code, entry.label) for entry in ENTRIES]


def is_connected(code: str) -> bool:
    """Whether shops of this platform can be published to. False for an unknown code."""
    entry = _BY_CODE.get(code)
    return entry is not None and bool(entry.connector)


def get(code: str) -> Connector:
    """The connector of a platform, imported on first use.

    Raises PlatformError (rejected) for an unknown code and for a platform that has no connector yet.
    """
    entry = _BY_CODE.get(code)
    if entry is None:
        message = _("There is no platform %(code)r. Known platforms: %(known)s.")
        raise PlatformError(OutcomeKind.REJECTED, message % {"code": code, "known": ", ".join(_BY_CODE)})
    if not entry.connector:
        message = _("%(label)s is not connected: there is no connector for it yet.")
        raise PlatformError(OutcomeKind.REJECTED, message % {"label": entry.label})
    return Connector(
        code=entry.code,
        label=str(entry.label),
        platform=cast("type[Platform]", _load(entry.connector)),
        config=cast("type[PlatformConfig]", _load(entry.config)),
    )


@cache
def _load(path: str) -> object:
    module, _dot, name = path.rpartition(".")
    return getattr(import_module(module), name)
