"""Facts of the clock in the zone of the business; the rules compute them from the moment."""

from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from channels.figures.facts import choices
from channels.figures.facts.groups import WHEN
from strategies.registry import Fact
from strategies.rules import CLOCK_FACTS


def _fact(key: str, label: Any, **more: Any) -> Fact:
    spec = CLOCK_FACTS[key]
    return Fact(
        key=key, label=label, type=spec.type, axis=spec.axis, places=spec.places, group=WHEN, moves=True, **more
    )


CLOCK = (
    _fact("date", _("date")),
    _fact(
        "weekday",
        _("weekday"),
        choices=choices.options(lambda: [(at + 1, label) for at, label in WEEKDAYS.items()]),
    ),
    _fact("hour", _("hour"), unit=_("o'clock")),
)
