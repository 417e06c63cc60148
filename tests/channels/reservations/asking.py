"""Short ways to reserve in a test, and to look at what came of it."""

import json
from itertools import count

from channels.models import DedicatedUnits, DedicatedUse, Reservation
from channels.reservations.actions import reserve
from channels.reservations.rules import Basis, LineRequest, ReservationRequest
from inventory.ledger.actions import Movement, post_movements
from inventory.models import DirtyBatch, DirtySku, FunctionalWarehouse, Hold, StockRow
from tests.factories import (
    FunctionalWarehouseFactory,
    PoolFactory,
    ShareFactory,
    SupplyFactory,
    SupplyLinkFactory,
    WarehouseFactory,
)

STOCK = Basis.STOCK
_KEYS = count()


def ask(shop, *lines, **fields):
    """A request for (SKU, quantity) lines."""
    wanted = tuple(LineRequest(getattr(sku, "code", sku), quantity) for sku, quantity in lines)
    fields = {"caller": "t", "key": f"key-{next(_KEYS)}", "actor": "t"} | fields
    return ReservationRequest(shop=getattr(shop, "code", shop), lines=wanted, **fields)


def take(shop, *lines, **fields):
    """The id of a reservation that must be granted."""
    (result,) = reserve([ask(shop, *lines, **fields)])
    assert result.error is None, (result.error, result.error.errors)
    return result.reservation_id


def said(result):
    assert result.error is None, (result.error, getattr(result.error, "errors", ""))
    return json.loads(result.answer)


def answer(shop, *lines, **fields):
    (result,) = reserve([ask(shop, *lines, **fields)])
    return said(result)


def short(shop, *lines, **fields):
    """[(SKU, wanted, available)] of a request that must be refused."""
    (result,) = reserve([ask(shop, *lines, **fields)])
    assert type(result.error).__name__ == "Conflict", result
    return short_of(result)


def short_of(result):
    return [(fault.extra["sku"], fault.extra["wanted"], fault.extra["available"]) for fault in result.error.errors]


def seats(reservation, **fields):
    """{functional warehouse: units} of a reservation's open holds."""
    holds = Hold.objects.filter(source_id=reservation, closed_at=None, **fields)
    found = {}
    for code, units in holds.values_list("functional__code", "quantity"):
        found[code] = found.get(code, 0) + units
    return found


def free(functional, sku):
    row = StockRow.objects.get(functional__code=functional, sku=sku)
    return row.on_hand - row.allocated


def receive(functional, sku, units):
    post_movements([Movement(functional, sku.code, "receipt", units)], actor="t")


def issue(functional, sku, units):
    post_movements([Movement(functional, sku.code, "issue", units)], actor="t")


def snapshot():
    """Everything that a refusal must leave as it is."""
    models = StockRow, Hold, Reservation, DedicatedUnits, DedicatedUse, DirtySku, DirtyBatch
    return [list(model.objects.order_by("pk").values_list()) for model in models]


class Rows:
    """Functional warehouses by code, and shops that reach some of them; each shop has a pool of its own."""

    def __init__(self, *codes):
        for code in codes:
            FunctionalWarehouseFactory(code=code, warehouse=WarehouseFactory(code=f"of-{code}"))

    def shop(self, *codes, ratio=100, reserve=0, **share):
        """A shop whose pool gathers these rows."""
        supply = SupplyFactory()
        for code in codes:
            functional = FunctionalWarehouse.objects.get(code=code)
            SupplyLinkFactory(supply=supply, functional=functional, ratio=ratio, reserve=reserve)
        return ShareFactory(pool=PoolFactory(supplies=[supply]), **share).shop
