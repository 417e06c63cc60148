"""Stock rows, movements, counts and the ledger over HTTP."""

from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_filters import CharFilter, FilterSet, IsoDateTimeFilter
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, ConfigDict, Field, StrictInt, StringConstraints

from core.api.auth import scoped
from core.api.idempotency import idempotent
from core.api.pagination import Page, PageQuery, cursor_page
from core.errors import Forbidden, NotFound
from core.models import ApiKey
from inventory.ledger.actions import Count, Movement, RowResult, count_stock, post_movements
from inventory.ledger.models import LedgerEntry, StockRow
from inventory.ledger.rules import MAX_UNITS
from inventory.ledger.selectors import find_functionals, ledger_entries, stock_line, stock_rows

router = Router(tags=["stock"])

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]
Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Units = Annotated[StrictInt, Field(ge=0, le=MAX_UNITS)]
Change = Annotated[StrictInt, Field(ge=-MAX_UNITS, le=MAX_UNITS)]


class Body(Schema):
    """What is sent: a field that isn't known is a mistake, not something to pass over."""

    model_config = ConfigDict(extra="forbid")


class StockOut(Schema):
    """A stock row; `atp` is what it may offer after safety stock, 0 where nothing is sold from."""

    functional: str
    sku: str
    on_hand: int
    allocated: int
    free: int
    safety_stock: int
    atp: int
    version: int


class LedgerEntryOut(Schema):
    """A change of on hand, with the row's balance after it; `counterpart` is the other side of a status change."""

    id: int
    functional: str
    sku: str
    kind: str
    quantity: int
    balance: int
    counterpart: str | None
    reference: str
    reason: str
    actor: str
    time: AwareDatetime


class MovementIn(Body):
    """A change of one stock row; `to_functional` belongs to a status change. Only an adjustment may be negative."""

    functional: Code
    sku: Code
    kind: Literal["receipt", "issue", "adjustment", "status_change"]
    quantity: Change
    to_functional: Code | Literal[""] = ""
    reference: Text = ""
    reason: Text = ""


class MovementsIn(Body):
    """All or nothing, unless `atomic` is false."""

    movements: list[MovementIn] = Field(min_length=1, max_length=1000)
    atomic: bool = True


class CountIn(Body):
    """What was counted; with `expected`, a row that has moved since is a conflict."""

    sku: Code
    on_hand: Units
    expected: Units | None = None


class CountsIn(Body):
    """Absolute counts of one functional warehouse; all or nothing, unless `atomic` is false."""

    functional: Code
    counts: list[CountIn] = Field(min_length=1, max_length=5000)
    reference: Text = ""
    atomic: bool = True


class ResultOut(Schema):
    """How the row at `index` of the request ended."""

    index: int
    status: Literal["ok", "error"]
    error: str | None


class MovementsOut(Schema):
    """One result per movement."""

    results: list[ResultOut]


class CountsOut(Schema):
    """Rows that changed, rows that were as counted, and one result per count."""

    changed: int
    unchanged: int
    results: list[ResultOut]


class StockQuery(PageQuery):
    """Filters of the stock list, by code."""

    warehouse: Code | None = None
    functional: Code | None = None
    sku: Code | None = None
    updated_after: AwareDatetime | None = Field(None, description="Rows that changed after this moment.")


class LedgerQuery(PageQuery):
    """Filters of the ledger, by code."""

    functional: Code | None = None
    sku: Code | None = None
    since: AwareDatetime | None = Field(None, description="Entries from this moment on.")


class StockFilters(FilterSet):  # type: ignore[misc]
    """How the stock list is filtered."""

    warehouse = CharFilter("functional__warehouse__code")
    functional = CharFilter("functional__code")
    sku = CharFilter("sku__code")
    updated_after = IsoDateTimeFilter("updated_at", "gt")

    class Meta:
        model = StockRow
        fields: tuple[str, ...] = ()


class LedgerFilters(FilterSet):  # type: ignore[misc]
    """How the ledger is filtered."""

    functional = CharFilter("functional__code")
    sku = CharFilter("sku__code")
    since = IsoDateTimeFilter("created_at", "gte")

    class Meta:
        model = LedgerEntry
        fields: tuple[str, ...] = ()


@router.get("/stock", auth=scoped("stock"), response=Page[StockOut], summary="List stock rows")
def list_stock(request: HttpRequest, query: Query[StockQuery]) -> dict[str, Any]:
    """Stock rows in a stable order; a store's key sees its own warehouse."""
    rows = _own(stock_rows(), _warehouse_of(request))
    page, following = cursor_page(_filtered(StockFilters, rows, query), query.limit, query.cursor)
    return {"items": [_stock(row) for row in page], "next": following}


@router.get("/ledger", auth=scoped("stock"), response=Page[LedgerEntryOut], summary="List ledger entries")
def list_ledger(request: HttpRequest, query: Query[LedgerQuery]) -> dict[str, Any]:
    """Ledger entries, the oldest first; a store's key sees its own warehouse."""
    entries = _own(ledger_entries(), _warehouse_of(request))
    page, following = cursor_page(_filtered(LedgerFilters, entries, query), query.limit, query.cursor)
    return {"items": [_entry(entry) for entry in page], "next": following}


@router.post("/stock/movements", auth=scoped("stock:write"), response=MovementsOut, summary="Move stock")
@idempotent(required=True)
def move_stock(request: HttpRequest, body: MovementsIn) -> dict[str, Any]:
    """Receipts, issues, adjustments and status changes, in their order, with one ledger entry each."""
    movements = [Movement(**movement.model_dump()) for movement in body.movements]
    results = post_movements(movements, actor=_actor(request), atomic=body.atomic, within=_warehouse_of(request))
    return {"results": _results(results)}


@router.post("/stock/counts", auth=scoped("stock:write"), response=CountsOut, summary="Count stock")
@idempotent(required=True)
def send_counts(request: HttpRequest, body: CountsIn) -> dict[str, Any]:
    """Set stock rows to what was counted; rows that are as counted get no ledger entry."""
    warehouse = _warehouse_of(request)
    if body.functional not in find_functionals([body.functional], warehouse):
        raise NotFound(
            _("There is no functional warehouse “%(functional)s”.") % {"functional": body.functional},
        )
    result = count_stock(
        [Count(body.functional, count.sku, count.on_hand, count.expected) for count in body.counts],
        actor=_actor(request),
        atomic=body.atomic,
        reference=body.reference,
        within=warehouse,
    )
    return {"changed": result.changed, "unchanged": result.unchanged, "results": _results(result.results)}


def _key(request: HttpRequest) -> ApiKey:
    key: ApiKey = request.auth  # type: ignore[attr-defined]
    return key


def _actor(request: HttpRequest) -> str:
    return f"api:{_key(request).name}"


def _warehouse_of(request: HttpRequest) -> str:
    """The code of the only warehouse the key may touch; empty for all. A shop's key has no warehouse."""
    key = _key(request)
    if key.owner == ApiKey.Owner.SHOP:
        raise Forbidden(_("A shop's key has no stock of its own; ask for availability instead."))
    return key.owner_code


def _own(queryset: QuerySet[Any], warehouse: str) -> QuerySet[Any]:
    return queryset.filter(functional__warehouse__code=warehouse) if warehouse else queryset


def _filtered(filters: type[FilterSet], queryset: QuerySet[Any], query: PageQuery) -> QuerySet[Any]:
    """Apply a filter set to values that the query's schema has already checked."""
    data = query.model_dump(mode="json", exclude_none=True, exclude={"limit", "cursor"})
    filtered: QuerySet[Any] = filters(data, queryset).qs
    return filtered


def _results(results: list[RowResult]) -> list[dict[str, Any]]:
    return [
        {"index": result.position, "status": "error" if result.error else "ok", "error": result.error or None}
        for result in results
    ]


def _stock(row: StockRow) -> dict[str, Any]:
    line = stock_line(row)
    return {
        "functional": row.functional.code,
        "sku": row.sku.code,
        "on_hand": row.on_hand,
        "allocated": row.allocated,
        "free": line.free,
        "safety_stock": line.safety_stock,
        "atp": line.atp,
        "version": row.version,
    }


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "functional": entry.functional.code,
        "sku": entry.sku.code,
        "kind": entry.kind,
        "quantity": entry.quantity,
        "balance": entry.balance,
        "counterpart": entry.counterpart.code if entry.counterpart else None,
        "reference": entry.reference,
        "reason": entry.reason,
        "actor": entry.actor,
        "time": entry.created_at,
    }
