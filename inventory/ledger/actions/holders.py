"""Says in words which holds stand in the way."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from inventory.ledger.rules import Level, free_units
from inventory.ledger.selectors import HoldRef

NAMED = 3  # holds named in a sentence; all of them are in its facts


def describe_shortage(
    functional: str, sku: str, wanted: int, level: Level, holds: Sequence[HoldRef]
) -> tuple[str, dict[str, Any]]:
    """The sentence and the facts for `wanted` units that a row doesn't have free."""
    free = free_units(*level)
    values = {"functional": functional, "sku": sku, "free": free, "wanted": wanted, "on_hand": level.on_hand}
    if not level.allocated:
        sentence = _("%(functional)s has %(free)d of %(sku)s, not %(wanted)d.")
    else:
        sentence = _("%(functional)s has %(free)d of %(sku)s free, not %(wanted)d: of %(on_hand)d, %(holds)s.")
        values["holds"] = name_holds(level.allocated, holds)
    return sentence % values, {"wanted": wanted, "available": free, "holds": hold_facts(holds)}


def describe_held_count(
    functional: str, sku: str, counted: int, level: Level, holds: Sequence[HoldRef]
) -> tuple[str, dict[str, Any]]:
    """The sentence and the facts for a count below what is held."""
    sentence = _("%(functional)s can't have only %(counted)d of %(sku)s: %(holds)s. Release some first.") % {
        "functional": functional,
        "sku": sku,
        "counted": counted,
        "holds": name_holds(level.allocated, holds),
    }
    return sentence, {"on_hand": level.on_hand, "allocated": level.allocated, "holds": hold_facts(holds)}


def name_holds(allocated: int, holds: Sequence[HoldRef]) -> str:
    """`5 are held (3 for “photo shoot”, 2 for “VIP”)`."""
    named = [_("%(quantity)d for “%(reason)s”") % hold._asdict() for hold in holds[:NAMED]]
    if len(holds) > NAMED:
        named.append(_("%(count)d more holds") % {"count": len(holds) - NAMED})
    return _("%(allocated)d are held (%(holds)s)") % {"allocated": allocated, "holds": ", ".join(named)}


def hold_facts(holds: Sequence[HoldRef]) -> list[dict[str, Any]]:
    """The holds for a machine to read."""
    return [hold._asdict() for hold in holds]
