"""An allocation action in words."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from channels.allocation.rules import AllocationAction, ShareAction
from channels.cascade.rules import Mode

# Functions, because gettext must be asked in the language of the reader.
_MODES: dict[Mode, Callable[[], str]] = {
    Mode.SHARED: lambda: _("let each shop see its ratio by itself"),
    Mode.PROPORTIONAL: lambda: _("split by the ratios"),
    Mode.PRIORITY: lambda: _("share by priority"),
    Mode.DEPTH: lambda: _("share by stock depth"),
    Mode.DEMAND: lambda: _("split by demand"),
}


def describe_action(action: AllocationAction) -> str:
    """The action as a clause: "share by priority: TMALL 80% first, JD 60% (hold back 5)"."""
    mode = _MODES[action.mode]() if action.mode else _("in the mode of the pool")
    shares = _(", ").join(_share(share) for share in action.shares)
    clauses = [_("%(mode)s: %(shares)s") % {"mode": mode, "shares": shares}] if shares else []
    if action.mode and not shares:
        clauses = [mode]
    if "scarcity_at" in action.model_fields_set:
        clauses.append(_scarcity(action.scarcity_at))
    return _("; ").join(clauses) or _("leave the pool as it is")


def _share(share: ShareAction) -> str:
    words = [share.shop or _("every other shop")]
    if share.ratio is not None:
        words.append(f"{share.ratio.normalize():f}%")
    if share.priority is not None:
        words.append(_("first") if share.priority == 1 else _("with priority %(place)d") % {"place": share.priority})
    extras = []
    if share.holdback is not None:
        extras.append(_("hold back %(units)d") % {"units": share.holdback})
    if "cap" in share.model_fields_set:
        extras.append(_("no cap") if share.cap is None else _("at most %(units)d") % {"units": share.cap})
    if extras:
        words.append(f"({_(', ').join(extras)})")
    return " ".join(words)


def _scarcity(units: int | None) -> str:
    if units is None:
        return _("never all to the first shop")
    return _("all to the first shop when %(units)d or fewer are left") % {"units": units}
