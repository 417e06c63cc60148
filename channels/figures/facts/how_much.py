"""Facts of stock and of sales."""

from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from channels.figures.facts import choices
from channels.figures.facts.groups import HOW_MUCH
from strategies.registry import Fact
from strategies.rules.shapes import Axis, FactType


def _fact(key: str, label: Any, kind: FactType, axis: Axis = Axis.SKU, **more: Any) -> Fact:
    return Fact(key=key, label=label, type=kind, axis=axis, group=HOW_MUCH, **more)


_number = partial(_fact, kind=FactType.NUMBER)
UNITS, DAYS, A_DAY = pgettext_lazy("after a number", "units"), _("days"), _("units a day")

POOL_QUANTITY = _number("pool_quantity", _("quantity of the pool"), axis=Axis.PAIR, unit=UNITS)
SHOP_QUANTITY = _number("shop_quantity", _("quantity of the shop"), axis=Axis.PAIR, unit=UNITS)
FIGURES = (
    _number("free_stock", _("free stock"), unit=UNITS),
    # Empty, not endless, when nothing is sold.
    _number("days_of_cover", _("days of cover"), unit=DAYS, places=1),
    _number("velocity_7", _("sales velocity of 7 days"), unit=A_DAY, places=2),
    _number("velocity_30", _("sales velocity of 30 days"), unit=A_DAY, places=2),
    _number("sell_through", _("sell-through of 30 days"), unit="%", places=2),
    _number("stock_age", _("age of the stock"), unit=DAYS, moves=True),
    _fact("abc", _("ABC class"), FactType.CHOICE, choices=choices.abc_classes),
)
