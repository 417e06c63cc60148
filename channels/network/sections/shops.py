"""Channels, shops, listings and what a listing is made of. Credentials never enter a document."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.network.collect import Collector, code_of, key_part
from channels.network.registry import Section
from channels.network.schema import ListingRow, NamedRow, ShopRow
from channels.network.sections.common import by_parent, collect_coded, in_order, named_values, same_names, write_coded
from channels.network.sections.sync import ordered_policy, policy_of
from channels.network.tables import Absent, Change, Key, Records, Ref, Table, Values
from channels.network.touched import Touched
from channels.platforms.registry import known
from channels.shops.models import Channel, Listing, ListingPart, Shop


def _unlisted_channel(code: str) -> Values:
    """A channel needs no more than the code a shop names; the section `channels` gives it a name."""
    return {"name": code}


CHANNEL_TABLE = Table("channels", gettext_lazy("channel"), Channel, ("code",), same_names("name"))
SHOP_TABLE = Table(
    name="shops",
    label=gettext_lazy("shop"),
    model=Shop,
    key=("code",),
    values={"name": "name", "channel": "channel__code", **same_names("platform", "active", "config", "sync")},
    refs=(Ref("channel_id", "channels", code_of("channel"), "channel", "channel", implied=_unlisted_channel),),
    absent=Absent.RETIRE,
)
LISTING_TABLE = Table(
    name="shops.listings",
    label=gettext_lazy("listing"),
    model=Listing,
    key=("shop__code", "code"),
    values=same_names("title", "active", "paused", "pause_reason", "increase_only", "sync"),
    refs=(Ref("shop_id", "shops", key_part(0)),),
    absent=Absent.RETIRE,
    parent=("shops", lambda key, _values: key[:1]),
)
PART_TABLE = Table(
    name="shops.listings.components",
    label=gettext_lazy("listing component"),
    model=ListingPart,
    key=("listing__shop__code", "listing__code", "sku__code"),
    values=same_names("quantity"),
    refs=(
        Ref("listing_id", "shops.listings", key_part(0, 1)),
        Ref("sku_id", "skus", key_part(2), "sku"),
    ),
    absent=Absent.REMOVE,
    parent=("shops.listings", lambda key, _values: key[:2]),
)


def _collect(rows: Iterable[ShopRow], collector: Collector) -> None:
    for at, row in enumerate(rows):
        path = f"shops[{at}]"
        values = named_values(SHOP_TABLE, row) | {"sync": policy_of(row.sync)}
        collector.add("shops", (row.code,), values, path)
        for number, listing in enumerate(row.listings):
            _collect_listing(row.code, listing, f"{path}.listings[{number}]", collector)


def _collect_listing(shop: str, row: ListingRow, path: str, collector: Collector) -> None:
    values = named_values(LISTING_TABLE, row) | {"sync": policy_of(row.sync)}
    collector.add("shops.listings", (shop, row.code), values, path)
    for number, part in enumerate(row.components):
        place = f"{path}.components[{number}]"
        collector.add(PART_TABLE.name, (shop, row.code, part.sku), {"quantity": part.quantity}, place, place="sku")


def _write(records: Mapping[str, Records]) -> list[Values]:
    listings = by_parent(records["shops.listings"])
    parts = by_parent(records["shops.listings.components"], 2)
    return [
        {
            "code": key[0],
            **values,
            "sync": ordered_policy(values["sync"]),
            "listings": [_write_listing(*listing, parts) for listing in listings.get(key, [])],
        }
        for key, values in in_order(records["shops"])
    ]


def _write_listing(key: Any, values: Values, parts: Mapping[Key, list[tuple[Any, Values]]]) -> Values:
    return {
        "code": key[1],
        **values,
        "sync": ordered_policy(values["sync"]),
        "components": [{"sku": part[2], **of} for part, of in parts.get(key, [])],
    }


def _check(collector: Collector) -> None:
    platforms = {code for code, _label in known()}
    for key, values in collector.records["shops"].items():
        if values["platform"] not in platforms:
            text = _("there is no platform %(code)s; there are %(all)s")
            facts = {"code": values["platform"], "all": ", ".join(sorted(platforms))}
            collector.fault(f"{collector.path('shops', key)}.platform", text % facts)


def _touch(changes: Sequence[Change], touched: Touched) -> None:
    for change in changes:
        if change.table == "shops":
            if {"active", "sync", "platform"} & set(change.fields):
                touched.shops.add(str(change.key[0]))
            if "platform" in change.fields and change.before is not None:
                touched.moved.add(str(change.key[0]))
            if "active" in change.fields:
                touched.opened_or_closed.add(str(change.key[0]))
        else:
            touched.listings.add((str(change.key[0]), str(change.key[1])))


CHANNELS = Section(
    key="channels",
    schema=list[NamedRow],
    tables=(CHANNEL_TABLE,),
    collect=collect_coded(CHANNEL_TABLE),
    write_down=write_coded(CHANNEL_TABLE),
)
SHOPS = Section(
    key="shops",
    schema=list[ShopRow],
    tables=(SHOP_TABLE, LISTING_TABLE, PART_TABLE),
    collect=_collect,
    write_down=_write,
    check=_check,
    touch=_touch,
)
