"""The columns of facts about places: dispatch pools and shops."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from django.db.models import Q

from channels.figures.selectors.columns import choice_column, many_column
from channels.shops.models import Share, Shop
from inventory.supply.models import Pool, SupplyLink
from inventory.supply.selectors import is_open
from strategies.rules.shapes import Column

Place = tuple[int, str]  # id and code
Load = Callable[[list[Place], datetime], Column]

# A link that brings stock: both its ends are open, and what lies there sells.
_FEEDS = Q(
    active=True,
    supply__active=True,
    functional__active=True,
    functional__sellable=True,
    functional__warehouse__active=True,
)
_WAREHOUSE = "functional__warehouse__"
_REGIONS = tuple(f"{_WAREHOUSE}region__{up}code" for up in ("", "parent__", "parent__parent__"))


def load_places(kind: str) -> list[Place]:
    """The ids and codes of all pools or shops, by code, as the cascade has them."""
    model = Pool if kind == "pool" else Shop
    return list(model._default_manager.order_by("code").values_list("id", "code"))  # noqa: SLF001 — public for all but its name


def _codes(places: list[Place], _at: datetime) -> Column:
    return choice_column([code for _id, code in places])


def _own(model: type[Pool | Shop], field: str) -> Load:
    """A field of the place itself."""

    def load(places: list[Place], _at: datetime) -> Column:
        values = dict(model._default_manager.values_list("id", field))  # noqa: SLF001 — public for all but its name
        return choice_column([values.get(place) for place, _code in places])

    return load


def _served(place: str, field: str) -> Load:
    """A field of the other ends of the places' open shares."""

    def load(places: list[Place], _at: datetime) -> Column:
        shares = Share.objects.filter(active=True, shop__active=True).order_by(field)
        return _gathered(places, shares.values_list(place, field))

    return load


def _pools_fed(*fields: str) -> Load:
    """Fields of the warehouses that feed the pools."""

    def load(places: list[Place], _at: datetime) -> Column:
        return _gathered(places, _flatten(_feeding(fields), {place: [place] for place, _code in places}))

    return load


def _shops_fed(*fields: str) -> Load:
    """Fields of the warehouses that feed the pools which serve the shops."""

    def load(places: list[Place], _at: datetime) -> Column:
        shops: dict[int, list[int]] = {}
        for pool, shop in Share.objects.filter(active=True, shop__active=True).values_list("pool_id", "shop_id"):
            shops.setdefault(pool, []).append(shop)
        return _gathered(places, _flatten(_feeding(fields), shops))

    return load


def _feeding(fields: tuple[str, ...]) -> Iterable[tuple[int, tuple[str | None, ...]]]:
    links = SupplyLink.objects.filter(_FEEDS, supply__pools__isnull=False).order_by(fields[0])
    for pool, *values in links.values_list("supply__pools", *fields).distinct():
        yield pool, tuple(values)


def _flatten(
    rows: Iterable[tuple[int, tuple[str | None, ...]]], places: Mapping[int, list[int]]
) -> Iterable[tuple[int, str]]:
    for pool, values in rows:
        for place in places.get(pool, ()):
            yield from ((place, value) for value in values if value)


def _gathered(places: list[Place], pairs: Iterable[tuple[int, str]]) -> Column:
    found: dict[int, list[str]] = {place: [] for place, _code in places}
    for place, value in pairs:
        if place in found:
            found[place].append(value)
    return many_column(list(found.values()))


def _campaigns(places: list[Place], at: datetime) -> Column:
    """Pools with a start or an end that are open: the same wherever they are asked about."""
    dated = Pool.objects.exclude(starts_at=None, ends_at=None).order_by("code")
    rows = dated.values_list("code", "active", "starts_at", "ends_at")
    running = [code for code, active, starts, ends in rows if is_open(active, starts, ends, at)]
    return many_column([running] * len(places))


POOL_FACTS: Mapping[str, Load] = {
    "pool": _codes,
    "business_line": _own(Pool, "business_line"),
    "pool_channels": _served("pool_id", "shop__channel__code"),
    "pool_shops": _served("pool_id", "shop__code"),
    "pool_platforms": _served("pool_id", "shop__platform"),
    "pool_warehouses": _pools_fed(f"{_WAREHOUSE}code"),
    "pool_warehouse_kinds": _pools_fed(f"{_WAREHOUSE}kind"),
    "pool_warehouse_regions": _pools_fed(*_REGIONS),
    "campaign": _campaigns,
}
SHOP_FACTS: Mapping[str, Load] = {
    "shop": _codes,
    "channel": _own(Shop, "channel__code"),
    "platform": _own(Shop, "platform"),
    "shop_pools": _served("shop_id", "pool__code"),
    "shop_business_lines": _served("shop_id", "pool__business_line"),
    "shop_warehouses": _shops_fed(f"{_WAREHOUSE}code"),
    "shop_warehouse_kinds": _shops_fed(f"{_WAREHOUSE}kind"),
    "shop_warehouse_regions": _shops_fed(*_REGIONS),
    "campaign": _campaigns,
}
