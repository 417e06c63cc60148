"""Opening balances. They enter through the ledger's verbs, on an installation where nothing has moved yet."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from channels.network.collect import Collector, key_part
from channels.network.registry import Section
from channels.network.schema import StockRow as Row
from channels.network.sections.common import in_order, named_values, same_names
from channels.network.tables import Change, Records, Ref, Table, Values, read_table
from inventory.ledger.actions import (
    HoldRequest,
    Movement,
    SafetyStock,
    place_holds,
    post_movements,
    set_safety_stock,
)
from inventory.ledger.models import LedgerEntry, StockRow

STOCK_TABLE = Table(
    name="stock",
    label=gettext_lazy("stock row"),
    model=StockRow,
    key=("functional__code", "sku__code"),
    values=same_names("on_hand", "allocated", "safety_stock"),
    refs=(
        Ref("functional_id", "warehouses.functional", key_part(0), "functional"),
        Ref("sku_id", "skus", key_part(1), "sku"),
    ),
)
EMPTY: Values = {"on_hand": 0, "allocated": 0, "safety_stock": None}


def _collect(rows: Iterable[Row], collector: Collector) -> None:
    for at, row in enumerate(rows):
        collector.add("stock", (row.functional, row.sku), named_values(STOCK_TABLE, row), f"stock[{at}]", place="sku")


def _write_down(records: Mapping[str, Records]) -> list[Values]:
    rows = in_order(_filled(records["stock"]))
    return [{"functional": key[0], "sku": key[1], **values} for key, values in rows]


def _filled(records: Records) -> Records:
    """Without the rows that say nothing: an empty row and none at all are the same."""
    return {key: values for key, values in records.items() if values != EMPTY}


def _stored() -> Records:
    return _filled({key: values for key, (_id, values) in read_table(STOCK_TABLE).items()})


def _check(collector: Collector) -> None:
    for key, values in collector.records["stock"].items():
        if values["allocated"] > values["on_hand"]:
            text = _("%(allocated)s is above the %(on_hand)s on hand") % values
            collector.fault(f"{collector.path('stock', key)}.allocated", text)
        if key[1] in collector.bundles:
            text = _("%(sku)s is a bundle and holds no stock; its components do") % {"sku": key[1]}
            collector.fault(f"{collector.path('stock', key)}.sku", text)
    _check_empty(collector)


def _check_empty(collector: Collector) -> None:
    """Where stock has moved already, the section may only say what is there."""
    if "stock" not in collector.named or not LedgerEntry.objects.exists():
        return
    wanted, stored = _filled(collector.records["stock"]), _stored()
    different = sum(wanted.get(key) != stored.get(key) for key in wanted.keys() | stored.keys())
    if different:
        text = ngettext(
            "stock has moved here already, and %(count)d row differs from it; leave this section out",
            "stock has moved here already, and %(count)d rows differ from it; leave this section out",
            different,
        )
        collector.fault("stock", text % {"count": different})


def _write(collector: Collector, actor: str) -> list[Change]:
    wanted, stored = _filled(collector.records["stock"]), _stored()
    changes = [
        Change("stock", key, stored.get(key), wanted.get(key))
        for key in [*wanted, *(key for key in stored if key not in wanted)]
        if wanted.get(key) != stored.get(key)
    ]
    _open_balances(changes, actor)
    return changes


def _open_balances(changes: Iterable[Change], actor: str) -> None:
    """Safety stock first: then no moment exists in which it could be sold."""
    rows = [(str(c.key[0]), str(c.key[1]), c.before or EMPTY, c.after or EMPTY) for c in changes]
    levels = [
        SafetyStock(functional, sku, after["safety_stock"])
        for functional, sku, before, after in rows
        if before["safety_stock"] != after["safety_stock"]
    ]
    if levels:
        set_safety_stock(levels, actor=actor)
    opening = [Movement(f, sku, "opening", after["on_hand"]) for f, sku, _before, after in rows if after["on_hand"]]
    if opening:
        post_movements(opening, actor=actor)
    reason = _("Allocated when the network was loaded")
    holds = [HoldRequest(f, sku, after["allocated"], reason) for f, sku, _b, after in rows if after["allocated"]]
    if holds:
        place_holds(holds, actor=actor)


STOCK = Section(
    key="stock",
    schema=list[Row],
    tables=(STOCK_TABLE,),
    collect=_collect,
    write_down=_write_down,
    check=_check,
    write=_write,
    on_request=True,
)
