"""Reads of stock rows, ledger and holds."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet, Sum

from inventory.catalogue.models import Sku
from inventory.ledger.arrays import key_arrays, text_array, unnest
from inventory.ledger.models import Hold, LedgerEntry, StockRow
from inventory.ledger.rules import RowKey, available_to_promise, free_units
from inventory.warehouses.models import FunctionalWarehouse


class SkuRef(NamedTuple):
    """A SKU by its id; a bundle holds no stock."""

    id: int
    is_bundle: bool


class FunctionalRef(NamedTuple):
    """A functional warehouse and the warehouse it is a part of, by their ids."""

    id: int
    warehouse_id: int


class HoldRef(NamedTuple):
    """An open hold, as a refusal names it."""

    id: int
    quantity: int
    reason: str


class StockLine(NamedTuple):
    """A stock row with everything that follows from it, in units; `safety_stock` is the one that counts."""

    row: StockRow
    free: int
    safety_stock: int
    atp: int


def find_skus(codes: Iterable[str]) -> dict[str, SkuRef]:
    """The SKUs with these codes; unknown codes are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.code, s.id, EXISTS (SELECT 1 FROM inventory_bundlecomponent b WHERE b.bundle_id = s.id)"
            " FROM inventory_sku s WHERE s.code = ANY(%s::text[])",
            [text_array(_storable(codes))],
        )
        return {code: SkuRef(pk, is_bundle) for code, pk, is_bundle in cursor.fetchall()}


def find_functionals(codes: Iterable[str], within: str = "") -> dict[str, FunctionalRef]:
    """The functional warehouses with these codes, of the warehouse `within` alone if given; others are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.code, f.id, f.warehouse_id FROM inventory_functionalwarehouse f"
            " JOIN inventory_warehouse w ON w.id = f.warehouse_id"
            " WHERE f.code = ANY(%s::text[]) AND (%s = '' OR w.code = %s)",
            [text_array(_storable(codes)), within, within],
        )
        return {code: FunctionalRef(pk, warehouse) for code, pk, warehouse in cursor.fetchall()}


def find_codes(rows: Iterable[RowKey]) -> tuple[dict[int, str], dict[int, str]]:
    """The codes of the SKUs and of the functional warehouses of these stock rows, by id."""
    keys = set(rows)
    skus = Sku.objects.filter(pk__in={sku for sku, _ in keys})
    functionals = FunctionalWarehouse.objects.filter(pk__in={functional for _, functional in keys})
    return dict(skus.values_list("pk", "code")), dict(functionals.values_list("pk", "code"))


def find_open_holds(rows: Iterable[RowKey]) -> dict[RowKey, list[HoldRef]]:
    """The open holds on these stock rows, the oldest first."""
    found: dict[RowKey, list[HoldRef]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT h.sku_id, h.functional_id, h.id, h.quantity, h.reason"
            f" FROM {unnest('bigint', 'bigint')} AS k(sku_id, functional_id)"
            " JOIN inventory_hold h ON h.sku_id = k.sku_id AND h.functional_id = k.functional_id"
            " WHERE h.closed_at IS NULL ORDER BY h.id",
            key_arrays(set(rows)),
        )
        for sku, functional, *hold in cursor.fetchall():
            found.setdefault((sku, functional), []).append(HoldRef(*hold))
    return found


def stock_rows() -> QuerySet[StockRow]:
    """Stock rows with all that `stock_line` needs, in one query."""
    return StockRow.objects.select_related("sku", "functional__warehouse")


def stock_line(row: StockRow) -> StockLine:
    """A row of `stock_rows` with its free and available units."""
    functional = row.functional
    safety = functional.safety_stock if row.safety_stock is None else row.safety_stock
    open_for_sale = functional.sellable and functional.active and functional.warehouse.active
    return StockLine(
        row=row,
        free=free_units(row.on_hand, row.allocated),
        safety_stock=safety,
        atp=available_to_promise(row.on_hand, row.allocated, safety, sellable=open_for_sale),
    )


def ledger_entries() -> QuerySet[LedgerEntry]:
    """Ledger entries with the codes of what they are about, in one query."""
    return LedgerEntry.objects.select_related("sku", "functional", "counterpart")


def open_holds() -> QuerySet[Hold]:
    """Holds that still set units aside."""
    return Hold.objects.filter(closed_at=None).select_related("sku", "functional")


def physical_stock(sku_ids: Iterable[int] | None = None) -> Mapping[RowKey, int]:
    """On-hand units by (SKU id, warehouse id), over the functional warehouses of each warehouse."""
    rows: QuerySet[StockRow, Any] = StockRow.objects.all()
    if sku_ids is not None:
        rows = rows.filter(sku_id__in=list(sku_ids))
    sums = rows.order_by().values_list("sku_id", "functional__warehouse_id").annotate(Sum("on_hand"))
    return {(sku, warehouse): units for sku, warehouse, units in sums}


def _storable(codes: Iterable[str]) -> list[str]:
    """PostgreSQL can't store NUL, so no code has one; sending it would be an error instead of "unknown"."""
    return [code for code in set(codes) if "\0" not in code]
