"""Edits in words: what each is about, what stands there now, and what it would be."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from channels.shops.models import Listing, Share, Shop
from channels.simulation.rules.edits import AnyEdit, ReorderStrategies, SetPolicy
from channels.sync.models import SyncDefaults
from inventory.supply.models import Pool, Supply, SupplyLink
from strategies.models import Strategy, StrategyVersion
from strategies.registry import find_kind

MODELS: dict[str, type[Model]] = {
    "publish_version": StrategyVersion,
    "retire_strategy": Strategy,
    "set_link": SupplyLink,
    "set_share": Share,
    "set_pool": Pool,
    "shop": Shop,
    "listing": Listing,
    "default": SyncDefaults,
}


@dataclass(frozen=True, slots=True)
class Line:
    """A field that an edit changes: its name, what it is now, and what it would be."""

    label: str
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class EditWords:
    """One edit for a page. `model` and `pk` name the page where the thing is edited for real."""

    what: str
    about: str
    lines: list[Line] = field(default_factory=list)
    model: str = ""
    pk: int | None = None
    gone: bool = False  # what it is about has been deleted


def kind_of_edit(do: str) -> str:
    """What edits of a kind do, as the button says it."""
    return {
        "publish_version": _("Publish a version"),
        "retire_strategy": _("Retire a strategy"),
        "reorder_strategies": _("Reorder strategies"),
        "set_link": _("Supply link"),
        "set_share": _("Share"),
        "set_pool": _("Dispatch pool"),
        "set_policy": _("Sync policy"),
    }[do]


def describe_edits(edits: Sequence[AnyEdit]) -> list[EditWords]:
    """The edits in words, in their order."""
    return [_describe(edit) for edit in edits]


def policy_labels() -> dict[str, str]:
    """What the fields of the sync policy are called."""
    return {
        "ratio": _("Ratio (%)"),
        "offset": _("Offset"),
        "buffer": _("Buffer"),
        "min_quantity": _("Minimum"),
        "max_quantity": _("Maximum"),
        "multiple": _("Multiple"),
        "fixed": _("Fixed number"),
    }


def _describe(edit: AnyEdit) -> EditWords:
    if isinstance(edit, ReorderStrategies):
        return _describe_order(edit)
    model = MODELS[edit.level if isinstance(edit, SetPolicy) else edit.do]
    about = _find(model, edit)
    what = kind_of_edit(edit.do)
    if about is None and not (isinstance(edit, SetPolicy) and edit.level == "default"):
        return EditWords(what, _("deleted meanwhile"), gone=True)
    if isinstance(edit, SetPolicy):
        return _describe_policy(edit, what, about)
    lines = [_line(about, name, value) for name, value in edit.given().items()] if edit.do.startswith("set_") else []
    strategy = about.strategy if isinstance(about, StrategyVersion) else about
    return EditWords(what, str(about), lines, strategy._meta.label_lower, strategy.pk)  # type: ignore[union-attr]  # noqa: SLF001


def _find(model: type[Model], edit: Any) -> Model | None:
    rows = model._default_manager.all()  # noqa: SLF001 — public for all but its name
    related = {
        StrategyVersion: ("strategy",),
        Share: ("pool", "shop"),
        SupplyLink: ("supply", "functional"),
        Listing: ("shop",),
    }
    return rows.select_related(*related.get(model, ())).filter(pk=edit.id or 1).first()


def _line(about: Any, name: str, value: Any) -> Line:
    column = about._meta.get_field(name)  # noqa: SLF001
    now = getattr(about, name)
    then = Supply.objects.filter(pk=value).first() if name == "home_supply" and value else value
    choices = dict(column.flatchoices)
    return Line(_first_upper(column.verbose_name), _show(choices.get(now, now)), _show(choices.get(then, then)))


def _describe_policy(edit: SetPolicy, what: str, about: Model | None) -> EditWords:
    labels = policy_labels()
    now = _policy_of(about)
    lines = [
        Line(labels.get(name, name), _show_set(now, name), _show(value)) for name, value in edit.policy.items()
    ] + [Line(labels.get(name, name), _show_set(now, name), _("not set")) for name in edit.unset]
    if about is None:
        return EditWords(what, _("Default sync policy"), lines)
    named = f"{about.shop.code} {about}" if isinstance(about, Listing) else str(about)
    return EditWords(what, named, lines, about._meta.label_lower, about.pk)  # noqa: SLF001


def _policy_of(about: Model | None) -> dict[str, Any]:
    if isinstance(about, SyncDefaults):
        return dict(about.policy)
    return dict(about.sync) if isinstance(about, Shop | Listing) else {}


def _describe_order(edit: ReorderStrategies) -> EditWords:
    names = dict(Strategy.objects.filter(kind=edit.kind).values_list("pk", "name"))
    order = " → ".join(names.get(pk, "?") for pk in edit.order)
    lines = [Line(pgettext("of strategies", "Order"), " → ".join(_now_in_order(edit.kind)), order)]
    return EditWords(kind_of_edit(edit.do), str(find_kind(edit.kind).label), lines)


def _now_in_order(kind: str) -> list[str]:
    return list(Strategy.objects.filter(kind=kind).order_by("position").values_list("name", flat=True))


def _show_set(policy: dict[str, Any], name: str) -> str:
    return _show(policy[name]) if name in policy else _("not set")


def _show(value: Any) -> str:
    if value is None:
        return _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if hasattr(value, "normalize"):
        return f"{value.normalize():f}"
    return str(value)


def _first_upper(text: Any) -> str:
    words = str(text)
    return words[:1].upper() + words[1:]
