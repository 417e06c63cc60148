"""Keys of reservations: looked up before any stock is locked, and written with the reservations themselves."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from core.prepared import Statement, run_prepared
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

_GIVEN = "shop_id, caller, key, request_hash, check_kind, pool_id, expires_at, answer, reference, reason, actor"
_TYPES = "bigint", "text", "text", "text", "text", "bigint", "timestamptz", "text", "text", "text", "text"
_COLUMNS = f"{_GIVEN}, state, created_at, closed_at, closed_by"
_VALUES = f"{_GIVEN}, 'held', statement_timestamp(), NULL, ''"

# In the order of the keys: of two batches with the same keys, one waits for the other and never each for the other.
_INSERT = f"""
INSERT INTO channels_reservation ({_COLUMNS})
SELECT {_VALUES}
FROM {unnest(*_TYPES)} AS q({_GIVEN})
ORDER BY caller, key
ON CONFLICT (caller, key) DO NOTHING
RETURNING id, caller, key
"""


# For requests that nothing should stand in the way of: whether that is so, and the ids for what comes of them. Whether
# a key is known shows when it is written.
_GLANCE = """
SELECT (SELECT token FROM inventory_networkversion WHERE id = 1),
    (SELECT token FROM inventory_catalogueversion WHERE id = 1),
    NOT EXISTS (SELECT FROM channels_dedicatedunits WHERE sku_id = ANY(%s::bigint[])),
    ARRAY(SELECT nextval('channels_reservation_id_seq') FROM generate_series(1, %s::int))
"""
_SHORTAGES = f"""
SELECT FROM {unnest("text", "text")} AS k(caller, key)
JOIN channels_shortage t ON t.caller = k.caller AND t.key = k.key
"""
_INSERT_GIVEN = f"""
INSERT INTO channels_reservation (id, {_COLUMNS})
SELECT id, {_VALUES}
FROM {unnest("bigint", *_TYPES)} AS q(id, {_GIVEN})
ORDER BY caller, key
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
    found = run_prepared(_INSERT, _columns(rows))
    return {(caller, key): pk for pk, caller, key in found}


class Glance(NamedTuple):
    """What the network's and the catalogue's tokens are, whether nothing is dedicated, and an id for each request."""

    network: UUID | None
    catalogue: UUID | None
    free: bool
    ids: list[int]


def glance(sku_ids: Sequence[int], requests: int) -> Statement:
    """Whose one row is a `Glance`."""
    return _GLANCE, [int_array(sku_ids), str(requests)]


def shortages(keys: Sequence[Key]) -> Statement:
    """A row for each of the keys that wait in the console, because they were short before."""
    return _SHORTAGES, [text_array(caller for caller, _ in keys), text_array(key for _, key in keys)]


def insertion(ids: Sequence[int], rows: Sequence[NewReservation]) -> Statement:
    """Writes reservations; it fails when somebody has used one of their keys."""
    return _INSERT_GIVEN, [int_array(ids), *_columns(rows)]


def _columns(rows: Sequence[NewReservation]) -> list[str]:
    shops, callers, keys, hashes, kinds, pools, expiries, *texts = zip(*rows, strict=True)
    return [
        int_array(shops),
        *map(text_array, (callers, keys, hashes, kinds)),
        int_array(pools),
        time_array(expiries),
        *map(text_array, texts),
    ]
