"""Supply warehouses, their sources and the overrides."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels.network.collect import Collector, key_part
from channels.network.registry import Section
from channels.network.schema import SourceRow, SupplyRow
from channels.network.sections.common import by_parent, in_order, named_values, same_names
from channels.network.tables import Absent, Change, Key, Records, Ref, Table, Values
from channels.network.touched import Touched
from channels.network.values import percent
from inventory.supply.models import LinkOverride, Supply, SupplyLink

SUPPLY_TABLE = Table(
    name="supplies",
    label=gettext_lazy("supply warehouse"),
    model=Supply,
    key=("code",),
    values=same_names("name", "active"),
    absent=Absent.RETIRE,
)
SOURCE_TABLE = Table(
    name="supplies.sources",
    label=gettext_lazy("supply link"),
    model=SupplyLink,
    key=("supply__code", "functional__code"),
    values=same_names("ratio", "reserve", "active"),
    refs=(
        Ref("supply_id", "supplies", key_part(0)),
        Ref("functional_id", "warehouses.functional", key_part(1), "functional"),
    ),
    absent=Absent.REMOVE,
    parent=("supplies", lambda key, _values: key[:1]),
)
OVERRIDE_TABLE = Table(
    name="supplies.sources.overrides",
    label=gettext_lazy("link override"),
    model=LinkOverride,
    key=("link__supply__code", "link__functional__code", "category__code", "sku__code"),
    values=same_names("ratio", "reserve"),
    refs=(
        Ref("link_id", "supplies.sources", key_part(0, 1)),
        Ref("category_id", "categories", key_part(2), "category"),
        Ref("sku_id", "skus", key_part(3), "sku"),
    ),
    absent=Absent.REMOVE,
    parent=("supplies.sources", lambda key, _values: key[:2]),
)


def _collect(rows: Iterable[SupplyRow], collector: Collector) -> None:
    for at, row in enumerate(rows):
        path = f"supplies[{at}]"
        collector.add("supplies", (row.code,), named_values(SUPPLY_TABLE, row), path)
        for number, source in enumerate(row.sources):
            _collect_source(row.code, source, f"{path}.sources[{number}]", collector)


def _collect_source(supply: str, source: SourceRow, path: str, collector: Collector) -> None:
    values = named_values(SOURCE_TABLE, source)
    collector.add("supplies.sources", (supply, source.functional), values, path, place="functional")
    for number, row in enumerate(source.overrides):
        place = f"{path}.overrides[{number}]"
        if (row.sku is None) == (row.category is None):
            collector.fault(place, _("an override names either a SKU or a category"))
            continue
        key = (supply, source.functional, row.category, row.sku)
        field = "category" if row.sku is None else "sku"
        collector.add(OVERRIDE_TABLE.name, key, {"ratio": row.ratio, "reserve": row.reserve}, place, place=field)


def _write(records: Mapping[str, Records]) -> list[Values]:
    sources = by_parent(records["supplies.sources"])
    overrides = by_parent(records["supplies.sources.overrides"], 2)
    return [
        {"code": key[0], **values, "sources": [_write_source(*source, overrides) for source in sources.get(key, [])]}
        for key, values in in_order(records["supplies"])
    ]


def _write_source(key: Any, values: Values, overrides: Mapping[Key, list[tuple[Any, Values]]]) -> Values:
    return {
        "functional": key[1],
        **values,
        "ratio": percent(values["ratio"]),
        "overrides": [_write_override(*override) for override in overrides.get(key, [])],
    }


def _write_override(key: Any, values: Values) -> Values:
    row: Values = {"category": key[2]} if key[3] is None else {"sku": key[3]}
    if values["ratio"] is not None:
        row["ratio"] = percent(values["ratio"])
    if values["reserve"] is not None:
        row["reserve"] = values["reserve"]
    return row


def _touch(changes: Sequence[Change], touched: Touched) -> None:
    for change in changes:
        if change.table == "supplies":
            if "active" in change.fields:
                touched.supplies.add(str(change.key[0]))
        elif change.table == "supplies.sources":
            touched.functionals.add(str(change.key[1]))
        elif change.key[3] is not None:
            touched.skus.add(change.key[3])
        else:
            touched.categories.add(str(change.key[2]))


SUPPLIES = Section(
    key="supplies",
    schema=list[SupplyRow],
    tables=(SUPPLY_TABLE, SOURCE_TABLE, OVERRIDE_TABLE),
    collect=_collect,
    write_down=_write,
    touch=_touch,
)
