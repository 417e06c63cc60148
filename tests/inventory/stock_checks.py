"""Looks at stock the way the invariants of the ledger are worded."""

from collections import Counter
from types import SimpleNamespace

from django.db.models import Sum

from inventory.models import DirtySku, Hold, LedgerEntry, StockRow
from tests.factories import FunctionalWarehouseFactory, GoodsStatusFactory, SkuFactory, WarehouseFactory


def make_place(code="DC1", statuses=("good", "defective")):
    """A warehouse with its functional warehouses by status, such as `place.good`."""
    warehouse = WarehouseFactory(code=code)
    parts = {
        status: FunctionalWarehouseFactory(warehouse=warehouse, status=GoodsStatusFactory(code=status))
        for status in statuses
    }
    return SimpleNamespace(warehouse=warehouse, **parts)


def make_skus(*codes):
    return [SkuFactory(code=code) for code in codes]


def row(functional="DC1-GOOD", sku="A"):
    return StockRow.objects.get(functional__code=functional, sku__code=sku)


def levels():
    """(on hand, allocated) by functional warehouse and SKU."""
    rows = StockRow.objects.values_list("functional__code", "sku__code", "on_hand", "allocated")
    return {(functional, sku): (on_hand, allocated) for functional, sku, on_hand, allocated in rows}


def entries(*fields):
    return list(LedgerEntry.objects.order_by("id").values_list(*fields))


def marks():
    return dict(DirtySku.objects.values_list("sku__code", "generation"))


def assert_invariants():
    """Every row's on hand is the sum of its entries and the last balance, its allocated that of its open holds."""
    rows = {(stock.sku_id, stock.functional_id): stock for stock in StockRow.objects.all()}
    assert all(0 <= stock.allocated <= stock.on_hand for stock in rows.values())
    assert _units({key: stock.on_hand for key, stock in rows.items()}) == _sums(LedgerEntry.objects.order_by())
    held = _sums(Hold.objects.filter(closed_at=None).order_by())
    assert _units({key: stock.allocated for key, stock in rows.items()}) == held
    running: Counter[tuple[int, int]] = Counter()
    for sku, functional, quantity, balance in entries("sku_id", "functional_id", "quantity", "balance"):
        running[sku, functional] += quantity
        assert running[sku, functional] == balance


def _sums(queryset):
    grouped = queryset.values_list("sku_id", "functional_id").annotate(Sum("quantity"))
    return _units({(sku, functional): units for sku, functional, units in grouped})


def _units(numbers):
    return {key: units for key, units in numbers.items() if units}
