"""Facts of dispatch pools and of shops."""

from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from channels.figures.facts import choices
from channels.figures.facts.groups import WHEN, WHERE
from channels.shops.models import Channel, Shop
from inventory.supply.models import Pool
from inventory.warehouses.models import Warehouse
from strategies.registry import Fact
from strategies.rules.shapes import Axis, FactType


def _fact(key: str, label: Any, kind: FactType, values: choices.Choices) -> Fact:
    return Fact(key=key, label=label, type=kind, axis=Axis.PLACE, group=WHERE, choices=values)


_one = partial(_fact, kind=FactType.CHOICE)
_many = partial(_fact, kind=FactType.MANY)
POOLS, SHOPS, CHANNELS = choices.named(Pool), choices.named(Shop), choices.named(Channel)
WAREHOUSES = choices.named(Warehouse)

POOL_PLACES = (
    _one("pool", _("dispatch pool"), values=POOLS),
    _one("business_line", _("business line"), values=choices.business_lines),
    _many("pool_channels", _("channels served"), values=CHANNELS),
    _many("pool_shops", _("shops served"), values=SHOPS),
    _many("pool_platforms", _("platforms served"), values=choices.platforms),
    _many("pool_warehouses", _("warehouses that feed the pool"), values=WAREHOUSES),
    _many("pool_warehouse_kinds", _("kinds of warehouses that feed the pool"), values=choices.warehouse_kinds),
    # With the regions around each, so that a province covers its cities.
    _many("pool_warehouse_regions", _("regions of warehouses that feed the pool"), values=choices.regions),
)
SHOP_PLACES = (
    _one("shop", _("shop"), values=SHOPS),
    _one("channel", _("channel"), values=CHANNELS),
    _one("platform", _("platform"), values=choices.platforms),
    _many("shop_pools", _("dispatch pools of the shop"), values=POOLS),
    _many("shop_business_lines", _("business lines of the shop"), values=choices.business_lines),
    _many("shop_warehouses", _("warehouses that feed the shop"), values=WAREHOUSES),
    _many("shop_warehouse_kinds", _("kinds of warehouses that feed the shop"), values=choices.warehouse_kinds),
    _many("shop_warehouse_regions", _("regions of warehouses that feed the shop"), values=choices.regions),
)
CAMPAIGN = Fact(
    key="campaign",
    label=_("campaign running"),
    type=FactType.MANY,
    axis=Axis.PLACE,
    group=WHEN,
    choices=choices.campaigns,
    moves=True,
)
