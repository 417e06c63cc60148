"""Facts of the goods themselves."""

from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from channels.figures.facts import choices
from channels.figures.facts.groups import WHAT
from inventory.catalogue.models import Brand
from strategies.registry import Fact
from strategies.rules.shapes import Axis, FactType


def _fact(key: str, label: Any, kind: FactType, **more: Any) -> Fact:
    return Fact(key=key, label=label, type=kind, axis=Axis.SKU, group=WHAT, **more)


_one = partial(_fact, kind=FactType.CHOICE)
_number = partial(_fact, kind=FactType.NUMBER)

GOODS = (
    _one("sku", _("SKU"), find=choices.find_skus),
    _fact("sku_code", _("SKU code"), FactType.TEXT),
    _fact("name", _("name"), FactType.TEXT),
    _fact("category", _("category"), FactType.TREE, choices=choices.categories),
    _one("brand", _("brand"), choices=choices.named(Brand)),
    _one("season", _("season"), choices=choices.seasons),
    _fact("tag", _("tag"), FactType.MANY, choices=choices.tags),
    _number("price", _("price"), unit=_("yuan"), places=2),
    _number("cost", _("cost"), unit=_("yuan"), places=2),
    _number("margin", _("margin"), unit="%", places=2),
    _number("weight", _("weight"), unit=_("g")),
    _one("lifecycle", _("lifecycle"), choices=choices.lifecycles),
    _fact("bundle", _("bundle"), FactType.FLAG),
    _number("listing_age", _("age of the listing"), unit=_("days"), moves=True),
)
