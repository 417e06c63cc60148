"""The stock's sheets: counts by the million through a staged table, and movements."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from core.errors import DomainError
from core.sheets.choices import Choice
from core.sheets.columns import Code, Text, Whole
from core.sheets.parsing import Parsed
from core.sheets.plans import SHOWN, Change, Fingerprint, Plan
from core.sheets.sheet import Sheet, code_lookup
from inventory.catalogue.models import Sku
from inventory.ledger.actions import MOVEMENT_KINDS, Movement, count_staged, post_movements
from inventory.ledger.models import LedgerEntry, StockRow
from inventory.ledger.staging import stage_changes, stage_counts
from inventory.warehouses.models import FunctionalWarehouse, WarehouseStaff

FUNCTIONAL: dict[str, Any] = {"header": "Functional warehouse", "chinese": "功能仓", "example": "DC1-GOOD"}
SKU: dict[str, Any] = {
    "name": "sku",
    "header": "SKU",
    "chinese": "SKU编码",
    "required": True,
    "example": "AW25-1001-BLK-M",
}


def allowed_functionals(user: Any) -> QuerySet[FunctionalWarehouse] | None:
    """The functional warehouses of a user who works at some warehouse; None for a user who sees them all."""
    workplaces = list(WarehouseStaff.objects.filter(user=user).values_list("warehouse_id", flat=True)) if user else []
    return FunctionalWarehouse.objects.filter(warehouse__in=workplaces) if workplaces else None


def _find_functionals(codes: set[str], user: Any) -> dict[str, int]:
    allowed = allowed_functionals(user)
    queryset = FunctionalWarehouse.objects.all() if allowed is None else allowed
    return dict(queryset.filter(code__in=codes).values_list("code", "pk"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CountSheet(Sheet):
    """Absolute counts: each row says how many units of a SKU lie in a functional warehouse."""

    def needed(self) -> tuple[str, ...]:
        """A count without a number is none."""
        return (*self.key, "on_hand")

    def plan(self, file: IO[bytes], user: Any) -> Plan:
        """Stage the file and compare it with the stock."""
        allowed = allowed_functionals(user)
        ids = None if allowed is None else list(allowed.values_list("pk", flat=True))
        return stage_counts(file, self.columns, self.needed(), self.row_limit, ids)

    def write(self, plan: Plan, *, actor: str) -> None:
        """Count what differs; it lies staged since `plan`."""
        count_staged(stage_changes(), actor=actor)

    def export_rows(self, queryset: QuerySet[Any]) -> Iterator[list[str | int | float]]:
        """The stock as it is. `expected` stays empty, so the file can be counted on and imported at any time."""
        functional, sku, *_rest = self.columns
        for row in queryset.values_list("functional__code", "sku__code", "on_hand").iterator(5000):
            yield [functional.write(row[0]), sku.write(row[1]), row[2], ""]


STOCK_COUNTS = CountSheet(
    name="stock-counts",
    title=gettext_lazy("Stock counts"),
    help=gettext_lazy("What isn't in the file stays as it is."),
    permission="inventory.count_stock",
    model=StockRow,
    key=("functional", "sku"),
    row_limit=1_000_000,
    columns=(
        # Plain texts: their codes are looked up where the file is staged.
        Text(name="functional", required=True, max_length=64, **FUNCTIONAL),
        Text(**SKU, max_length=64),
        Whole(name="on_hand", header="On hand", chinese="在库数量", required=True, example=120),
        Whole(
            name="expected",
            header="Expected",
            chinese="预期数量",
            example=118,
            help=gettext_lazy("If given, the row is refused unless the stock is still this many."),
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementSheet(Sheet):
    """Receipts, issues, adjustments and status changes, in the order of the rows."""

    exports: bool = False

    def needed(self) -> tuple[str, ...]:
        """A movement is of something, somewhere, of a kind, and of some units."""
        return ("functional", "sku", "kind", "quantity")

    def plan_parsed(self, parsed: Parsed, user: Any) -> Plan:
        """Try the movements and undo them: what the verb refuses is what is wrong."""
        plan = Plan(rows=len(parsed.numbers), new=len(parsed.numbers))
        if not parsed.faults:
            plan.writes = [_movement(parsed.row(at)) for at in range(len(parsed.numbers))]
            self._try(parsed, plan.writes)
        plan.faults = sorted(parsed.faults, key=lambda fault: fault.row)
        if not plan.faults:
            plan.changes = [self._change(parsed, at) for at in range(min(SHOWN, len(parsed.numbers)))]
        fingerprint = Fingerprint()
        for movement in plan.writes or ():
            fingerprint.add(None, movement._asdict())
        plan.token = fingerprint.token()
        return plan

    def _try(self, parsed: Parsed, movements: list[Movement]) -> None:
        try:
            with transaction.atomic():
                post_movements(movements, actor="")
                transaction.set_rollback(True)
        except DomainError as refused:
            for error in refused.errors:
                match = re.fullmatch(r"movements\[(\d+)\]\.(\w+)", error.path)
                if match is None:
                    raise
                parsed.fault(int(match[1]), match[2], error.message)

    def _change(self, parsed: Parsed, at: int) -> Change:
        row = parsed.row(at)
        cells = [
            (column.title(), "", str(column.write(row[column.name])))
            for column in self.columns
            if column.name not in ("functional", "sku") and row.get(column.name)
        ]
        return Change(parsed.numbers[at], f"{row['functional']} / {row['sku']}", new=True, cells=cells)

    def write(self, plan: Plan, *, actor: str) -> None:
        """Post the movements."""
        post_movements(plan.writes, actor=actor)


def _movement(row: dict[str, Any]) -> Movement:
    return Movement(**{name: value for name, value in row.items() if value is not None})


MOVEMENTS = MovementSheet(
    name="movements",
    title=gettext_lazy("Stock movements"),
    help=gettext_lazy("Importing the same file twice moves the goods twice."),
    permission="inventory.adjust_stock",
    model=StockRow,
    key=("functional", "sku"),
    columns=(
        Code(
            name="functional",
            required=True,
            lookup=_find_functionals,
            noun=gettext_lazy("functional warehouse"),
            **FUNCTIONAL,
        ),
        Code(**SKU, lookup=code_lookup(Sku), noun=gettext_lazy("SKU")),
        Choice(
            name="kind",
            header="Kind",
            chinese="类型",
            required=True,
            options=[(kind.value, kind.label) for kind in MOVEMENT_KINDS],
            example=LedgerEntry.Kind.RECEIPT.value,
        ),
        Whole(
            name="quantity",
            header="Quantity",
            chinese="数量",
            required=True,
            minimum=-999_999_999,
            example=24,
            help=gettext_lazy("Units; only an adjustment can be negative."),
        ),
        Code(
            name="to_functional",
            header="To functional warehouse",
            chinese="目标功能仓",
            lookup=_find_functionals,
            noun=gettext_lazy("functional warehouse"),
            help=gettext_lazy("Of a status change alone: where the goods go."),
        ),
        Text(name="reference", header="Reference", chinese="单号", blank="", example="PO-2025-0117"),
        Text(name="reason", header="Reason", chinese="原因", blank=""),
    ),
)
