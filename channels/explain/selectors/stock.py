"""Layers 1 and 2: what lies where, and what of it is available."""

from typing import Any

from django.utils.translation import gettext as _

from channels.explain.selectors.facts import Facts
from channels.explain.shapes import Effect, StockFact
from inventory.ledger.models import StockRow
from inventory.ledger.rules import free_units


def stock_facts(facts: Facts, sku_id: int, reaching: set[int]) -> list[StockFact]:
    """Every stock row of the SKU; `reaching` are the functional warehouses (ids) that feed the shop."""
    row_at = {functional: at for at, functional in enumerate(facts.loaded.supply.functional_ids)}
    column = facts.column(sku_id)
    return [
        _stock_fact(row, int(facts.trace.supply.atp[row_at[row.functional_id], column]), row.functional_id in reaching)
        for row in facts.rows.get(sku_id, [])
    ]


def _stock_fact(row: StockRow, atp: int, reaches: bool) -> StockFact:  # noqa: FBT001
    functional = row.functional
    own = row.safety_stock is not None
    safety = functional.safety_stock if row.safety_stock is None else row.safety_stock
    values: dict[str, Any] = {
        "place": functional.code,
        "on_hand": row.on_hand,
        "allocated": row.allocated,
        "free": free_units(row.on_hand, row.allocated),
        "safety": safety,
        "atp": atp,
    }
    return StockFact(
        warehouse=functional.warehouse.code,
        warehouse_name=functional.warehouse.name,
        functional=functional.code,
        functional_id=functional.pk,
        status=str(functional.status),
        on_hand=row.on_hand,
        allocated=row.allocated,
        free=values["free"],
        safety_stock=safety,
        safety_from="stock_row" if own else "functional",
        sellable=_why_shut(row) == "",
        atp=atp,
        reaches_shop=reaches,
        effect=Effect.CUT if atp < row.on_hand else Effect.NONE,
        sentence=_sentence(row) % values,
        reason=(_why_shut(row) or _why_cut(row, safety, own=own) % values) if atp < row.on_hand else "",
    )


def _sentence(row: StockRow) -> str:
    if row.allocated:
        return _("%(place)s: %(on_hand)d on hand − %(allocated)d held = %(free)d free.")
    return _("%(place)s: %(on_hand)d on hand, none held.")


def _why_shut(row: StockRow) -> str:
    functional = row.functional
    if not functional.warehouse.active:
        return _("The warehouse is inactive, so nothing here is available.")
    if not functional.active:
        return _("The functional warehouse is inactive, so nothing here is available.")
    if not functional.sellable:
        return _("Goods of this status aren't sold, so nothing here is available.")
    return ""


def _why_cut(row: StockRow, safety: int, *, own: bool) -> str:
    if safety and own:
        return _("%(safety)d are safety stock set for this SKU here: %(atp)d available.")
    if safety:
        return _("%(safety)d are safety stock, the default here: %(atp)d available.")
    return _("Held units aren't available: %(atp)d available.") if row.allocated else ""
