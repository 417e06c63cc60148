"""Keeps a shortage in view from the moment a marketplace's sale can't be served until it can."""

from collections.abc import Mapping, Sequence

import orjson
from django.db import connection

from channels.reservations.actions.keys import Key
from channels.reservations.rules import ReservationRequest, ShortLine
from inventory.ledger.arrays import int_array, text_array, unnest

UNSETTLED = ("open", "transfer", "backorder")

# Shortages come before stock in the order of locks: whoever decides one holds it while he reserves.
_LOCK = f"""
SELECT s.caller, s.key FROM {unnest("text", "text")} AS k(caller, key)
JOIN channels_shortage s ON s.caller = k.caller AND s.key = k.key
ORDER BY s.caller, s.key FOR UPDATE OF s
"""

# Until it is settled, a shortage is about what was asked last; then about what it was settled for.
_LATEST = "known.state IN ({})".format(", ".join(f"'{state}'" for state in UNSETTLED))

_NOTE = f"""
INSERT INTO channels_shortage AS known (shop_id, caller, key, reference, request, lines, state, note, hold_ids,
    reservation_id, attempts, actor, created_at, tried_at, decided_at, decided_by)
SELECT shop.id, r.caller, r.key, r.reference, r.request::jsonb, r.lines::jsonb, 'open', '', '[]'::jsonb,
    NULL, 1, r.actor, statement_timestamp(), statement_timestamp(), NULL, ''
FROM {unnest("text", "text", "text", "text", "text", "text", "text")}
    AS r(shop, caller, key, reference, request, lines, actor)
JOIN channels_shop shop ON shop.code = r.shop
ORDER BY r.caller, r.key
ON CONFLICT (caller, key) DO UPDATE
SET lines = excluded.lines, attempts = known.attempts + 1, tried_at = excluded.tried_at,
    shop_id = CASE WHEN {_LATEST} THEN excluded.shop_id ELSE known.shop_id END,
    reference = CASE WHEN {_LATEST} THEN excluded.reference ELSE known.reference END,
    request = CASE WHEN {_LATEST} THEN excluded.request ELSE known.request END
"""

_SERVED = f"""
UPDATE channels_shortage s SET state = 'reserved', reservation_id = k.id, decided_at = statement_timestamp(),
    decided_by = r.actor, tried_at = statement_timestamp()
FROM {unnest("text", "text", "bigint")} AS k(caller, key, id) JOIN channels_reservation r ON r.id = k.id
WHERE s.caller = k.caller AND s.key = k.key
"""


def lock_shortages(keys: Sequence[Key]) -> set[Key]:
    """Lock the shortages of these keys until the transaction ends; which keys have one."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [text_array(caller for caller, _ in keys), text_array(key for _, key in keys)])
        return set(cursor.fetchall())


def note_refused(refused: Sequence[tuple[ReservationRequest, Sequence[ShortLine]]]) -> None:
    """Open a shortage for each of these `stock` requests, or note one more try and what it asked for."""
    if not refused:
        return
    columns: list[list[str]] = [[] for _ in range(7)]
    for request, short in refused:
        content = {
            "lines": [line._asdict() for line in request.lines],
            "expires_in": request.expires_in,
            "partial": request.partial,
            "reason": request.reason,
        }
        lines = [{"sku": line.sku, "wanted": line.wanted, "available": line.available} for line in short]
        row = (
            request.shop,
            request.caller,
            request.key,
            request.reference,
            orjson.dumps(content).decode(),
            orjson.dumps(lines).decode(),
            request.actor,
        )
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [text_array(column) for column in columns])


def note_served(served: Mapping[Key, int]) -> None:
    """Settle the shortages of these keys by the reservations with these ids, and by whoever made those."""
    if not served:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _SERVED,
            [
                text_array(caller for caller, _ in served),
                text_array(key for _, key in served),
                int_array(served.values()),
            ],
        )
