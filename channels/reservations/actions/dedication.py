"""Dedicated units: a sale uses them up first, its release gives them back."""

from collections.abc import Collection, Sequence

from django.db import connection

from channels.reservations.models import DedicatedUse
from channels.shops.actions import lock_dedicated_units
from inventory.ledger.arrays import int_array, unnest

_CONSUME = f"""
WITH used AS (
    SELECT reservation_id, dedicated_id, quantity
    FROM {unnest("bigint", "bigint", "int")} AS u(reservation_id, dedicated_id, quantity)
), noted AS (
    INSERT INTO channels_dedicateduse (reservation_id, dedicated_id, quantity, returned_at)
    SELECT reservation_id, dedicated_id, quantity, NULL FROM used
)
UPDATE channels_dedicatedunits d SET consumed = d.consumed + t.quantity
FROM (SELECT dedicated_id, sum(quantity)::int AS quantity FROM used GROUP BY dedicated_id) t
WHERE d.id = t.dedicated_id
"""

_RETURN = """
WITH back AS (
    UPDATE channels_dedicateduse SET returned_at = statement_timestamp()
    WHERE reservation_id = ANY(%s) AND returned_at IS NULL RETURNING dedicated_id, quantity
)
UPDATE channels_dedicatedunits d SET consumed = greatest(0, d.consumed - t.quantity)
FROM (SELECT dedicated_id, sum(quantity)::int AS quantity FROM back GROUP BY dedicated_id) t
WHERE d.id = t.dedicated_id
"""


def consume_units(used: Sequence[tuple[int, int, int]]) -> None:
    """Note (reservation id, dedicated units' id, units) as consumed; the caller has locked the dedicated units."""
    if used:
        with connection.cursor() as cursor:
            cursor.execute(_CONSUME, [int_array(column) for column in zip(*used, strict=True)])


def lock_units(reservation_ids: Collection[int]) -> None:
    """Lock the dedicated units that these reservations have consumed, until the transaction ends."""
    used = DedicatedUse.objects.filter(reservation__in=reservation_ids, returned_at=None)
    lock_dedicated_units(used.values_list("dedicated_id", flat=True))


def return_units(reservation_ids: Collection[int]) -> None:
    """Give back what these reservations have consumed, once; the caller has locked it."""
    with connection.cursor() as cursor:
        cursor.execute(_RETURN, [sorted(reservation_ids)])
