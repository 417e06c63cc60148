"""Dispatch pools with their supply warehouses and shares, and units dedicated to a shop."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.network.collect import Collector, code_of, key_part
from channels.network.registry import Section
from channels.network.schema import DedicatedRow, PoolRow
from channels.network.sections.common import by_parent, in_order, named_values, plain_values, same_names
from channels.network.tables import Absent, Change, Records, Ref, Table, Values
from channels.network.touched import Touched
from channels.network.values import percent
from channels.shops.models import DedicatedUnits, Share
from inventory.supply.models import Pool

POOL_TABLE = Table(
    name="pools",
    label=gettext_lazy("dispatch pool"),
    model=Pool,
    key=("code",),
    values=same_names("name", "business_line", "active", "starts_at", "ends_at", "mode", "scarcity_at"),
    absent=Absent.RETIRE,
)
GATHERED_TABLE = Table(
    name="pools.supplies",
    label=gettext_lazy("supply warehouse of a pool"),
    model=Pool.supplies.through,
    key=("pool__code", "supply__code"),
    refs=(Ref("pool_id", "pools", key_part(0)), Ref("supply_id", "supplies", key_part(1))),
    absent=Absent.REMOVE,
    parent=("pools", lambda key, _values: key[:1]),
)
SHARE_TABLE = Table(
    name="pools.shares",
    label=gettext_lazy("share"),
    model=Share,
    key=("pool__code", "shop__code"),
    values={
        **same_names("ratio", "holdback", "cap", "priority"),
        "home_supply": "home_supply__code",
        "active": "active",
    },
    refs=(
        Ref("pool_id", "pools", key_part(0)),
        Ref("shop_id", "shops", key_part(1), "shop"),
        Ref("home_supply_id", "supplies", code_of("home_supply"), "home_supply", "home_supply"),
    ),
    absent=Absent.REMOVE,
    parent=("pools", lambda key, _values: key[:1]),
)
DEDICATED_TABLE = Table(
    name="dedicated",
    label=gettext_lazy("dedicated units"),
    model=DedicatedUnits,
    key=("pool__code", "shop__code", "sku__code"),
    values=same_names("quantity", "consumed"),
    refs=(
        Ref("pool_id", "pools", key_part(0), "pool"),
        Ref("shop_id", "shops", key_part(1), "shop"),
        Ref("sku_id", "skus", key_part(2), "sku"),
    ),
    absent=Absent.REMOVE,
)


def _collect_pools(rows: Iterable[PoolRow], collector: Collector) -> None:
    for at, row in enumerate(rows):
        path = f"pools[{at}]"
        collector.add("pools", (row.code,), named_values(POOL_TABLE, row), path)
        for number, supply in enumerate(row.supplies):
            collector.add("pools.supplies", (row.code, supply), {}, f"{path}.supplies[{number}]", place="")
        for number, share in enumerate(row.shares):
            place = f"{path}.shares[{number}]"
            collector.add("pools.shares", (row.code, share.shop), named_values(SHARE_TABLE, share), place, place="shop")


def _write_pools(records: Mapping[str, Records]) -> list[Values]:
    supplies, shares = by_parent(records["pools.supplies"]), by_parent(records["pools.shares"])
    return [
        {
            "code": key[0],
            **plain_values(values),
            "supplies": [part[1] for part, _none in supplies.get(key, [])],
            "shares": [_write_share(*share) for share in shares.get(key, [])],
        }
        for key, values in in_order(records["pools"])
    ]


def _write_share(key: Any, values: Values) -> Values:
    return {"shop": key[1], **values, "ratio": percent(values["ratio"])}


def _check_pools(collector: Collector) -> None:
    for key, values in collector.records["pools"].items():
        starts, ends = values["starts_at"], values["ends_at"]
        if starts and ends and starts >= ends:
            collector.fault(f"{collector.path('pools', key)}.ends_at", _("the pool must start before it ends"))


def _touch_pools(changes: Sequence[Change], touched: Touched) -> None:
    idle = {"name", "business_line"}
    for change in changes:
        if change.table != "pools" or set(change.fields) - idle:
            touched.pools.add(str(change.key[0]))
        if change.table == "pools.supplies":
            # A supply warehouse that has left the pool is no longer found through it.
            touched.supplies.add(str(change.key[1]))


def _collect_dedicated(rows: Iterable[DedicatedRow], collector: Collector) -> None:
    consumed = _lock_consumed()
    for at, row in enumerate(rows):
        values = named_values(DEDICATED_TABLE, row)
        if row.consumed is None:
            values["consumed"] = consumed.get((row.pool, row.shop, row.sku), 0)
        collector.add("dedicated", (row.pool, row.shop, row.sku), values, f"dedicated[{at}]", place="sku")


def _lock_consumed() -> dict[tuple[str, str, str], int]:
    """What is consumed of every dedicated units; sales can't change it until the document is loaded."""
    locked = DedicatedUnits.objects.order_by("id").select_for_update(of=("self",))
    return {
        (pool, shop, sku): consumed
        for pool, shop, sku, consumed in locked.values_list(*DEDICATED_TABLE.key, "consumed")
    }


def _write_dedicated(records: Mapping[str, Records]) -> list[Values]:
    return [
        dict(zip(("pool", "shop", "sku"), key, strict=True)) | values for key, values in in_order(records["dedicated"])
    ]


def _check_dedicated(collector: Collector) -> None:
    for key, values in collector.records["dedicated"].items():
        if values["consumed"] > values["quantity"]:
            text = _("%(consumed)s is above the quantity of %(quantity)s") % values
            collector.fault(f"{collector.path('dedicated', key)}.consumed", text)


def _touch_dedicated(changes: Sequence[Change], touched: Touched) -> None:
    touched.skus |= {str(change.key[2]) for change in changes}


POOLS = Section(
    key="pools",
    schema=list[PoolRow],
    tables=(POOL_TABLE, GATHERED_TABLE, SHARE_TABLE),
    collect=_collect_pools,
    write_down=_write_pools,
    check=_check_pools,
    touch=_touch_pools,
)
DEDICATED = Section(
    key="dedicated",
    schema=list[DedicatedRow],
    tables=(DEDICATED_TABLE,),
    collect=_collect_dedicated,
    write_down=_write_dedicated,
    check=_check_dedicated,
    touch=_touch_dedicated,
)
