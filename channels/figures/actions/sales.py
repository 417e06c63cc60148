"""Sales by day: what reservations say of the last days, and what files say of the days before."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from channels.figures.models import ShopSales
from channels.figures.rules import DAYS_30
from core.queue import enqueue
from core.upserts import upsert

# One refresh at a time: two of them would each compare with rows that the other is changing.
LOCK = 0x73616C6573
REFRESH = "channels.figures.tasks.refresh_recent"

# Sold is what is confirmed, and what a marketplace has sold already, whatever becomes of it here. A hold that was moved
# has another in its place.
_SOLD = """
CREATE TEMPORARY TABLE sold_lately ON COMMIT DROP AS
SELECT h.sku_id, r.shop_id, (r.created_at AT TIME ZONE %(zone)s)::date AS day, sum(h.quantity)::integer AS units
FROM channels_reservation r
JOIN inventory_hold h ON h.source_id = r.id AND h.kind IN ('reservation', 'order')
WHERE r.created_at >= %(since)s
    AND (r.state = 'confirmed' OR (r.state = 'held' AND r.check_kind = 'stock'))
    AND h.outcome NOT IN ('moved', 'released', 'expired')
GROUP BY 1, 2, 3
"""
_WRITE = """
INSERT INTO channels_shopsales AS known (sku_id, shop_id, day, units, imported)
SELECT sku_id, shop_id, day, units, FALSE FROM sold_lately ORDER BY sku_id, shop_id, day
ON CONFLICT (sku_id, shop_id, day) DO UPDATE SET units = excluded.units
WHERE NOT known.imported AND known.units <> excluded.units
"""
_FORGET = """
DELETE FROM channels_shopsales known WHERE day >= %(day)s AND NOT imported AND NOT EXISTS (
    SELECT FROM sold_lately sold
    WHERE sold.sku_id = known.sku_id AND sold.shop_id = known.shop_id AND sold.day = known.day)
"""


def lock_sales() -> None:
    """Keep other refreshes out until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@transaction.atomic
def refresh_sales(days: int = DAYS_30, *, now: datetime | None = None) -> int:
    """Count the sales of the last `days` days, today's included, afresh; how many rows were written.

    A sale belongs to the day on which its reservation was made. Days that were imported stay as they were.
    """
    today = timezone.localtime(now or timezone.now(), timezone.get_default_timezone())
    first = today.date() - timedelta(days=days - 1)
    since = datetime.combine(first, time(), today.tzinfo)
    lock_sales()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS sold_lately")
        cursor.execute(_SOLD, {"zone": settings.TIME_ZONE, "since": since})
        cursor.execute(_WRITE)
        written = int(cursor.rowcount)
        cursor.execute(_FORGET, {"day": first})
        return written + int(cursor.rowcount)


@transaction.atomic
def record_sales(rows: Sequence[Mapping[str, Any]], *, actor: str) -> None:
    """Add and change sales of days from a file, given as field values; reservations don't change them any more."""
    upsert(ShopSales, [{**row, "imported": True} for row in rows])
    enqueue(REFRESH)
