"""Sync strategies: what they may set for the listings they decide, and how that is said."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel, ConfigDict, PlainSerializer

from channels.figures.facts import SHOP_FACTS
from channels.figures.selectors import load_grid
from channels.network.values import Count, Flag, Name, Percent, Units, Whole, percent
from channels.sync.rules import FIELDS, SYNC, PolicyValue, Verdict
from inventory.ledger.actions.marks import mark_skus
from strategies.registry import Kind, register_kind

Ratio = Annotated[Percent, PlainSerializer(percent)]


class SyncAction(BaseModel):
    """What a sync strategy sets. A field of the policy that is present counts, even when it is null: null is neutral.

    With nothing set, the listings keep to their own policy, whatever later strategies say.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ratio: Ratio | None = None
    offset: Whole | None = None
    buffer: Units | None = None
    min_quantity: Units | None = None
    max_quantity: Units | None = None
    multiple: Count | None = None
    fixed: Units | None = None
    pause: Name | None = None  # the reason: nothing is published meanwhile
    increase_only: Flag = False

    def policy(self) -> dict[str, PolicyValue]:
        """The fields of the sync policy it sets, as a layer."""
        return {name: getattr(self, name) for name in FIELDS if name in self.model_fields_set}

    def verdict(self) -> Verdict:
        """It, as the rules take it."""
        return Verdict(self.policy(), paused=self.pause is not None, increase_only=self.increase_only)


def describe_action(action: SyncAction) -> str:
    """The action as a clause: "publish 80% of the shop quantity, keep back 2 units"."""
    clauses = [_clause(name, value) for name, value in action.policy().items()]
    if action.pause is not None:
        clauses.append(_("pause (%(reason)s)") % {"reason": action.pause})
    if action.increase_only:
        clauses.append(_("never lower the number"))
    return _(", ").join(clauses) or _("leave the policy of the listing as it is")


def check_action(action: SyncAction) -> Sequence[tuple[str, str]]:
    """(path, sentence) of what can't be meant."""
    if action.max_quantity and action.multiple and action.max_quantity < action.multiple and action.fixed is None:
        return [("max_quantity", _("With a maximum below the multiple, 0 would always be published."))]
    return []


def register() -> None:
    """Make sync a kind of strategy."""
    register_kind(
        Kind(
            key=SYNC,
            label=gettext_lazy("Sync"),
            facts=SHOP_FACTS,
            action=SyncAction,
            place_label=gettext_lazy("shop"),
            load=partial(load_grid, "shop"),
            mark=mark_skus,
            describe=describe_action,
            check=check_action,
            form="channels.sync.forms.SyncActionForm",
        )
    )


def _clause(name: str, value: Any) -> str:
    if value is None:
        return _NEUTRAL[name]()
    return _SET[name]() % {"value": percent(value) if name == "ratio" else value}


# Functions, because gettext must be asked in the language of the reader.
_SET: dict[str, Callable[[], str]] = {
    "ratio": lambda: _("publish %(value)s%% of the shop quantity"),
    "offset": lambda: _("add %(value)+d units"),
    "buffer": lambda: _("keep back %(value)d units"),
    "min_quantity": lambda: _("publish 0 below %(value)d units"),
    "max_quantity": lambda: _("publish at most %(value)d units"),
    "multiple": lambda: _("publish multiples of %(value)d only"),
    "fixed": lambda: _("publish exactly %(value)d, whatever the stock"),
}
_NEUTRAL: dict[str, Callable[[], str]] = {
    "ratio": lambda: _("publish the whole shop quantity"),
    "offset": lambda: _("without an offset"),
    "buffer": lambda: _("without a buffer"),
    "min_quantity": lambda: _("without a minimum"),
    "max_quantity": lambda: _("without a maximum"),
    "multiple": lambda: _("without a multiple"),
    "fixed": lambda: _("without a fixed number"),
}
