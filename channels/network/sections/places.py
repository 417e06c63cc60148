"""Goods statuses, regions, warehouses and their functional warehouses."""

import re
from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext_lazy

from channels.network.collect import Collector, check_tree, code_of
from channels.network.registry import Section
from channels.network.schema import RegionRow, StatusRow, WarehouseRow
from channels.network.sections.common import (
    collect_coded,
    in_order,
    named_values,
    plain_values,
    same_names,
    write_coded,
)
from channels.network.tables import Absent, Change, Key, Records, Ref, Table, Values
from channels.network.touched import Touched
from inventory.catalogue.models import Region
from inventory.warehouses.models import FunctionalWarehouse, GoodsStatus, Warehouse


def _official_region(code: str) -> Values | None:
    """A division by its official six-digit code alone, so that a document needn't list the map of China."""
    if not re.fullmatch(r"[1-9]\d{5}", code):
        return None
    level = "province" if code.endswith("0000") else "city" if code.endswith("00") else "county"
    return {"name": code, "parent": None, "level": level, "latitude": None, "longitude": None}


STATUS_TABLE = Table("statuses", gettext_lazy("goods status"), GoodsStatus, ("code",), same_names("name", "sellable"))
REGION_TABLE = Table(
    name="regions",
    label=gettext_lazy("region"),
    model=Region,
    key=("code",),
    values={"name": "name", "parent": "parent__code", **same_names("level", "latitude", "longitude")},
    refs=(Ref("parent_id", "regions", code_of("parent"), "parent", "parent", implied=_official_region),),
)
WAREHOUSE_TABLE = Table(
    name="warehouses",
    label=gettext_lazy("warehouse"),
    model=Warehouse,
    key=("code",),
    values={
        **same_names("name", "kind", "active"),
        "region": "region__code",
        **same_names("latitude", "longitude", "ships", "pickup", "daily_capacity", "cutoff", "handling_fee"),
    },
    refs=(Ref("region_id", "regions", code_of("region"), "region", "region", implied=_official_region),),
    absent=Absent.RETIRE,
)
FUNCTIONAL_TABLE = Table(
    name="warehouses.functional",
    label=gettext_lazy("functional warehouse"),
    model=FunctionalWarehouse,
    key=("code",),
    values={
        "warehouse": "warehouse__code",
        "status": "status__code",
        **same_names("sellable", "active", "safety_stock"),
    },
    refs=(
        Ref("warehouse_id", "warehouses", code_of("warehouse"), "", "warehouse"),
        Ref("status_id", "statuses", code_of("status"), "status", "status"),
    ),
    absent=Absent.RETIRE,
    parent=("warehouses", lambda _key, values: (values["warehouse"],)),
)


def _collect_warehouses(rows: Iterable[WarehouseRow], collector: Collector) -> None:
    statuses = collector.merged("statuses")
    for at, row in enumerate(rows):
        collector.add("warehouses", (row.code,), named_values(WAREHOUSE_TABLE, row), f"warehouses[{at}]")
        for number, part in enumerate(row.functional):
            sellable = part.sellable
            if sellable is None:
                sellable = statuses.get((part.status,), {}).get("sellable", False)
            values = {
                "warehouse": row.code,
                "status": part.status,
                "sellable": sellable,
                "active": part.active,
                "safety_stock": part.safety_stock,
            }
            collector.add("warehouses.functional", (part.code,), values, f"warehouses[{at}].functional[{number}]")


def _write_warehouses(records: Mapping[str, Records]) -> list[Values]:
    parts: dict[Key, list[Values]] = {}
    for key, values in in_order(records["warehouses.functional"]):
        row = {name: value for name, value in values.items() if name != "warehouse"}
        parts.setdefault((values["warehouse"],), []).append({"code": key[0], **row})
    return [
        {"code": key[0], **plain_values(values), "functional": parts.get(key, [])}
        for key, values in in_order(records["warehouses"])
    ]


def _write_regions(records: Mapping[str, Records]) -> list[Values]:
    """The regions that warehouses lie in, and those around them: the whole map is no configuration."""
    wanted: set[Key] = set()
    used = Warehouse.objects.exclude(region=None).values_list("region__code", flat=True)
    for code in used:
        key: Key | None = (code,)
        while key is not None and key not in wanted:
            wanted.add(key)
            parent = records["regions"][key]["parent"]
            key = None if parent is None else (parent,)
    return write_coded(REGION_TABLE)({"regions": {key: records["regions"][key] for key in wanted}})


def _check_regions(collector: Collector) -> None:
    check_tree(collector, "regions", collector.merged("regions"))


def _touch_warehouses(changes: Sequence[Change], touched: Touched) -> None:
    for change in changes:
        code = str(change.key[0])
        if change.table == "warehouses" and "active" in change.fields:
            touched.warehouses.add(code)
        elif change.table == "warehouses.functional":
            touched.functionals.add(code)


STATUSES = Section(
    key="statuses",
    schema=list[StatusRow],
    tables=(STATUS_TABLE,),
    collect=collect_coded(STATUS_TABLE),
    write_down=write_coded(STATUS_TABLE),
)
REGIONS = Section(
    key="regions",
    schema=list[RegionRow],
    tables=(REGION_TABLE,),
    collect=collect_coded(REGION_TABLE),
    write_down=_write_regions,
    check=_check_regions,
)
WAREHOUSES = Section(
    key="warehouses",
    schema=list[WarehouseRow],
    tables=(WAREHOUSE_TABLE, FUNCTIONAL_TABLE),
    collect=_collect_warehouses,
    write_down=_write_warehouses,
    touch=_touch_warehouses,
)
