"""Allocation as a kind of strategy."""

from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.allocation.rules import ALLOCATION, AllocationAction
from channels.allocation.words import describe_action
from channels.figures.facts import POOL_FACTS
from channels.figures.selectors import load_grid
from channels.shops.models import Shop
from inventory.ledger.actions.marks import mark_skus
from strategies.registry import Kind, register_kind


def check_action(action: AllocationAction) -> Sequence[tuple[str, str]]:
    """(path, sentence) of every share whose shop there isn't, that is named twice, or that says nothing."""
    codes = [share.shop for share in action.shares]
    known = set(Shop.objects.filter(code__in=[code for code in codes if code]).values_list("code", flat=True))
    times, faults = Counter(codes), []
    for at, share in enumerate(action.shares):
        path, values = f"shares[{at}]", {"shop": share.shop}
        if share.shop and share.shop not in known:
            faults.append((f"{path}.shop", _("There is no shop %(shop)s.") % values))
        if times[share.shop] > 1 and share.shop in codes[:at]:
            sentence = _("%(shop)s stands here twice.") if share.shop else _("Every other shop stands here twice.")
            faults.append((f"{path}.shop", sentence % values))
        if not share.settings():
            faults.append((path, _("Nothing is set here. Set something or take it out.")))
    return faults


def register() -> None:
    """Make allocation a kind of strategy."""
    register_kind(
        Kind(
            key=ALLOCATION,
            label=gettext_lazy("Allocation"),
            facts=POOL_FACTS,
            action=AllocationAction,
            place_label=gettext_lazy("dispatch pool"),
            load=lambda keys, sku_ids, at: load_grid("pool", keys, sku_ids, at),
            mark=mark_skus,
            describe=describe_action,
            check=check_action,
            form="channels.allocation.forms.AllocationActionForm",
        )
    )
