"""Keys of reservations: looked up before any stock is locked, and written with the reservations themselves."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from core.prepared import run_prepared
from inventory.ledger.arrays import int_array, text_array, time_array, unnest

Key = tuple[str, str]
"""A caller and its key."""

# One round trip for all that must be known before the stock is locked.
_RECALL = f"""
SELECT v.token, EXISTS (SELECT FROM channels_dedicatedunits), r.id, r.caller, r.key, r.request_hash, r.answer
FROM (SELECT (SELECT token FROM inventory_networkversion WHERE id = 1) AS token) v
LEFT JOIN ({unnest("text", "text")} AS k(caller, key)
    JOIN channels_reservation r ON r.caller = k.caller AND r.key = k.key) ON true
"""

# In the order of the keys: of two batches with the same keys, one waits for the other and never each for the other.
_INSERT = f"""
INSERT INTO channels_reservation (shop_id, caller, key, request_hash, check_kind, pool_id, state, expires_at, answer,
    reference, reason, actor, created_at, closed_at, closed_by)
SELECT shop_id, caller, key, request_hash, check_kind, pool_id, 'held', expires_at, answer, reference, reason, actor,
    statement_timestamp(), NULL, ''
FROM {unnest("bigint", "text", "text", "text", "text", "bigint", "timestamptz", "text", "text", "text", "text")}
    AS q(shop_id, caller, key, request_hash, check_kind, pool_id, expires_at, answer, reference, reason, actor)
ORDER BY caller, key
ON CONFLICT (caller, key) DO NOTHING
RETURNING id, caller, key
"""


class Kept(NamedTuple):
    """A reservation that was made with a key."""

    id: int
    request_hash: str
    answer: str


class Recalled(NamedTuple):
    """The network's token, whether anybody has dedicated units, and the reservations that have these keys already."""

    token: UUID | None
    dedicated: bool
    kept: dict[Key, Kept]


class NewReservation(NamedTuple):
    """A row to write; the times are aware."""

    shop_id: int
    caller: str
    key: str
    request_hash: str
    check_kind: str
    pool_id: int | None
    expires_at: datetime | None
    answer: str
    reference: str
    reason: str
    actor: str


def recall_keys(keys: Sequence[Key]) -> Recalled:
    """What is known before the stock is locked."""
    rows = run_prepared(_RECALL, [text_array(caller for caller, _ in keys), text_array(key for _, key in keys)])
    kept = {(caller, key): Kept(pk, made_of, answer) for _, _, pk, caller, key, made_of, answer in rows if pk}
    return Recalled(rows[0][0], rows[0][1], kept)


def insert_reservations(rows: Sequence[NewReservation]) -> dict[Key, int]:
    """Write reservations; the ids by key, without the keys that somebody else has used meanwhile.

    Waits for a transaction that is using one.
    """
    params = [
        int_array(row.shop_id for row in rows),
        text_array(row.caller for row in rows),
        text_array(row.key for row in rows),
        text_array(row.request_hash for row in rows),
        text_array(row.check_kind for row in rows),
        int_array(row.pool_id for row in rows),
        time_array(row.expires_at for row in rows),
        text_array(row.answer for row in rows),
        text_array(row.reference for row in rows),
        text_array(row.reason for row in rows),
        text_array(row.actor for row in rows),
    ]
    found = run_prepared(_INSERT, params)
    return {(caller, key): pk for pk, caller, key in found}
