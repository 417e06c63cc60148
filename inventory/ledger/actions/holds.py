"""Holds: units of a stock row set aside, and given back exactly once."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict
from inventory.ledger.actions.faults import Fault, bundle_sku, refuse_batch, unknown_functional, unknown_sku
from inventory.ledger.actions.holders import describe_shortage
from inventory.ledger.actions.locks import lock_stock_rows
from inventory.ledger.actions.marks import mark_skus
from inventory.ledger.arrays import int_array, key_arrays, text_array, time_array, unnest
from inventory.ledger.models import Hold
from inventory.ledger.rules import EMPTY, MAX_UNITS, HoldRequest, Level, RowKey
from inventory.ledger.selectors import FunctionalRef, SkuRef, find_functionals, find_open_holds, find_skus

TEXT_LENGTH = 200
EXPIRY_BATCH = 1000
CLOCK = "expiry"  # who closes a hold whose time is over

_BOOK = f"""
UPDATE inventory_stockrow s
SET allocated = s.allocated + k.quantity, version = s.version + 1, updated_at = statement_timestamp()
FROM {unnest("bigint", "bigint", "bigint")} AS k(sku_id, functional_id, quantity)
WHERE s.sku_id = k.sku_id AND s.functional_id = k.functional_id AND s.on_hand - s.allocated >= k.quantity
RETURNING s.sku_id, s.functional_id
"""

_OPEN = f"""
INSERT INTO inventory_hold (sku_id, functional_id, kind, quantity, reason, reference, expires_at, actor, created_at,
    closed_at, closed_by, outcome)
SELECT h.sku_id, h.functional_id, 'manual', h.quantity, h.reason, h.reference, h.expires_at, %s, statement_timestamp(),
    NULL, '', ''
FROM {unnest("bigint", "bigint", "int", "text", "text", "timestamptz")}
    WITH ORDINALITY AS h(sku_id, functional_id, quantity, reason, reference, expires_at, place)
ORDER BY h.place
RETURNING id
"""

_CLOSE = """
UPDATE inventory_hold SET closed_at = statement_timestamp(), closed_by = %s, outcome = %s
WHERE id = ANY(%s) AND closed_at IS NULL
RETURNING id, sku_id, functional_id, quantity
"""


@transaction.atomic
def place_holds(requests: Sequence[HoldRequest], *, actor: str, within: str = "") -> list[int]:
    """Set units aside, all or nothing; the ids of the holds, in the order of the requests.

    `within` is the code of the only warehouse the caller may touch. `InvalidInput` names what doesn't fit,
    `Conflict` each row with too few free units and the holds on it.
    """
    skus = find_skus(request.sku for request in requests)
    functionals = find_functionals({request.functional for request in requests}, within)
    now = timezone.now()
    refuse_batch(
        "holds",
        [
            Fault(position, *fault)
            for position, request in enumerate(requests)
            for fault in _check(request, skus, functionals, now)
        ],
    )
    if not requests:
        return []
    rows = [(skus[request.sku].id, functionals[request.functional].id) for request in requests]
    with connection.cursor() as cursor:
        _book(cursor, requests, rows)
        holds = _open(cursor, requests, rows, actor)
    mark_skus(sku for sku, _functional in rows)
    return holds


@transaction.atomic
def release_holds(hold_ids: Iterable[int], *, actor: str) -> list[int]:
    """Give the units of these manual holds back; the ids of those that were still open, and no others, were closed.

    `Conflict` when one belongs to a reservation or an order: it ends with that.
    """
    ids = set(hold_ids)
    owned = Hold.objects.filter(pk__in=ids, closed_at=None).exclude(kind=Hold.Kind.MANUAL).order_by("pk").first()
    if owned is not None:
        sentence = _("The hold of %(units)d units for “%(reason)s” ends with its reservation or order; release that.")
        raise Conflict(sentence % {"units": owned.quantity, "reason": owned.reason})
    return _close(ids, actor, Hold.Outcome.RELEASED)


def expire_holds(now: datetime | None = None) -> int:
    """Give the units of all holds back whose time is over at `now`, in transactions of limited size.

    Returns how many holds were closed.
    """
    over = Hold.objects.filter(closed_at=None, expires_at__lte=now or timezone.now()).order_by("expires_at", "id")
    closed = 0
    while batch := list(over.values_list("pk", flat=True)[:EXPIRY_BATCH]):
        with transaction.atomic():
            closed += len(_close(batch, CLOCK, Hold.Outcome.EXPIRED))
    return closed


def _check(
    request: HoldRequest, skus: Mapping[str, SkuRef], functionals: Mapping[str, FunctionalRef], now: datetime
) -> Iterator[tuple[str, str]]:
    sku = skus.get(request.sku)
    if sku is None:
        yield "sku", unknown_sku(request.sku)
    elif sku.is_bundle:
        yield "sku", bundle_sku(request.sku)
    if request.functional not in functionals:
        yield "functional", unknown_functional(request.functional)
    if not 1 <= request.quantity <= MAX_UNITS:
        yield "quantity", _("Hold at least 1 unit, not %(quantity)d.") % {"quantity": request.quantity}
    if not request.reason.strip():
        yield "reason", _("Say what the units are held for.")
    for field, text in (("reason", request.reason), ("reference", request.reference)):
        if len(text) > TEXT_LENGTH or "\0" in text:
            yield field, _("Use at most %(max)d ordinary characters.") % {"max": TEXT_LENGTH}
    if request.expires_at is not None and request.expires_at <= now:
        yield "expires_at", _("The hold would already be over.")


def _book(cursor: CursorWrapper, requests: Sequence[HoldRequest], rows: Sequence[RowKey]) -> None:
    """Add to `allocated` where that much is free, or refuse."""
    wanted: Counter[RowKey] = Counter()
    for request, row in zip(requests, rows, strict=True):
        wanted[row] += request.quantity
    levels = lock_stock_rows(cursor, wanted)
    # A row that has come into being since isn't locked: to take it now would be out of order.
    locked = {row: quantity for row, quantity in wanted.items() if row in levels}
    cursor.execute(_BOOK, [*key_arrays(locked), int_array(locked.values())])
    short = wanted.keys() - set(cursor.fetchall())
    if short:
        refuse_batch("holds", list(_explain(requests, rows, wanted, short, levels)))


def _explain(
    requests: Sequence[HoldRequest],
    rows: Sequence[RowKey],
    wanted: Mapping[RowKey, int],
    short: set[RowKey],
    levels: Mapping[RowKey, Level],
) -> Iterator[Fault]:
    holds = find_open_holds(short)
    for position, (request, row) in enumerate(zip(requests, rows, strict=True)):
        if row in short:
            level = levels.get(row, EMPTY)
            message, facts = describe_shortage(request.functional, request.sku, wanted[row], level, holds.get(row, []))
            yield Fault(position, "quantity", message, conflict=True, facts=facts)


def _open(cursor: CursorWrapper, requests: Sequence[HoldRequest], rows: Sequence[RowKey], actor: str) -> list[int]:
    cursor.execute(
        _OPEN,
        [
            actor,
            *key_arrays(rows),
            int_array(request.quantity for request in requests),
            text_array(request.reason for request in requests),
            text_array(request.reference for request in requests),
            time_array(request.expires_at for request in requests),
        ],
    )
    return [pk for (pk,) in cursor.fetchall()]


def _close(hold_ids: Iterable[int], actor: str, outcome: str) -> list[int]:
    ids = sorted(set(hold_ids))
    held = Hold.objects.filter(pk__in=ids, closed_at=None).values_list("sku_id", "functional_id")
    with connection.cursor() as cursor:
        # Whoever closes a hold has its stock row first: of two, the second finds it closed and gives nothing back.
        lock_stock_rows(cursor, set(held))
        cursor.execute(_CLOSE, [actor, outcome, ids])
        closed = cursor.fetchall()
        back: Counter[RowKey] = Counter()
        for _id, sku, functional, quantity in closed:
            back[sku, functional] += quantity
        cursor.execute(_BOOK, [*key_arrays(back), int_array(-units for units in back.values())])
    mark_skus(sku for sku, _functional in back)
    return sorted(pk for pk, *_rest in closed)
