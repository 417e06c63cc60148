"""What must be true of reservations and the units they have taken, for the audit."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy, gettext_noop

from channels.reservations.models import Reservation
from channels.shops.actions import lock_dedicated_units
from core.audit.checks import Check, Found, Violation, find_wrong, register_check
from inventory.ledger.actions.marks import mark_skus
from inventory.ledger.actions.repairs import close_left_over
from inventory.ledger.arrays import int_array

# Holds may have moved between rows since the answer was given, so a line's units are compared by SKU; by amount alone
# where a SKU has got another code since.
_LINES = """
WITH open AS MATERIALIZED (
    -- The kept answer lacks its opening brace, where the id comes in.
    SELECT id, CASE WHEN answer LIKE '"%%}}' THEN ('{{' || answer)::jsonb -> 'lines' END AS lines
    FROM channels_reservation WHERE state IN ('held', 'confirmed')
), answered AS (
    SELECT o.id, l.place - 1 AS line, coalesce(h.value ->> 'sku', l.value ->> 'sku') AS sku,
        sum((h.value ->> 'quantity')::bigint)::bigint AS units
    FROM open o
    CROSS JOIN jsonb_array_elements(o.lines) WITH ORDINALITY AS l(value, place)
    CROSS JOIN jsonb_array_elements(l.value -> 'holds') AS h(value)
    GROUP BY 1, 2, 3
), seated AS (
    SELECT o.id, h.line::bigint AS line, coalesce(k.code, '#' || h.sku_id) AS sku, sum(h.quantity)::bigint AS units
    FROM open o
    JOIN inventory_hold h ON h.source_id = o.id
    LEFT JOIN inventory_sku k ON k.id = h.sku_id
    WHERE h.closed_at IS NULL AND h.kind <> 'manual'
    GROUP BY 1, 2, 3
), promised AS (
    SELECT a.id, a.line, {sums}, bool_and(k.id IS NOT NULL) AS known
    FROM answered a LEFT JOIN inventory_sku k ON k.code = a.sku GROUP BY a.id, a.line
), held AS (
    SELECT a.id, a.line, {sums} FROM seated a GROUP BY a.id, a.line
)
SELECT w.id, w.line + 1 AS line, s.code AS shop, r.key, w.promised, w.held, w.skus
FROM (
    SELECT id, line, coalesce(p.units, 0) AS promised, coalesce(h.units, 0) AS held, coalesce(p.skus, h.skus) AS skus
    FROM promised p FULL JOIN held h USING (id, line)
    WHERE p.amounts IS DISTINCT FROM h.amounts OR (p.known AND p.by_sku <> h.by_sku)
) w
JOIN channels_reservation r ON r.id = w.id
JOIN channels_shop s ON s.id = r.shop_id
ORDER BY w.id, w.line
""".format(
    sums="sum(a.units)::bigint AS units, array_agg(a.units ORDER BY a.units) AS amounts,"
    " jsonb_object_agg(a.sku, a.units) AS by_sku, string_agg(a.sku, ', ' ORDER BY a.sku) AS skus"
)

_LEFT_OVER = """
SELECT h.id AS hold, h.quantity, h.source_id AS id, r.key, s.code AS shop
FROM inventory_hold h
LEFT JOIN channels_reservation r ON r.id = h.source_id
LEFT JOIN channels_shop s ON s.id = r.shop_id
WHERE h.closed_at IS NULL AND h.kind <> 'manual' AND h.source_id IS NOT NULL
    AND (r.id IS NULL OR r.state IN ('released', 'expired'))
ORDER BY h.id
"""

_CONSUMED = """
SELECT d.id, d.sku_id, d.quantity, d.consumed, u.units, u.closed, p.code AS pool, s.code AS shop, k.code AS sku
FROM (
    SELECT u.dedicated_id, coalesce(sum(u.quantity) FILTER (WHERE r.closed_at IS NULL), 0)::bigint AS units,
        coalesce(sum(u.quantity) FILTER (WHERE r.closed_at IS NOT NULL), 0)::bigint AS closed
    FROM channels_dedicateduse u JOIN channels_reservation r ON r.id = u.reservation_id
    WHERE u.returned_at IS NULL GROUP BY u.dedicated_id
) u
JOIN channels_dedicatedunits d ON d.id = u.dedicated_id
JOIN inventory_pool p ON p.id = d.pool_id
JOIN channels_shop s ON s.id = d.shop_id
JOIN inventory_sku k ON k.id = d.sku_id
WHERE d.consumed < u.units + u.closed OR u.closed > 0
ORDER BY d.id
"""

# What a person has entered as consumed by hand stays on top of what the uses say.
_SETTLE_DEDICATED = """
WITH back AS MATERIALIZED (
    UPDATE channels_dedicateduse u SET returned_at = statement_timestamp()
    FROM channels_reservation r
    WHERE r.id = u.reservation_id AND r.closed_at IS NOT NULL AND u.returned_at IS NULL
        AND u.dedicated_id = ANY(%s::bigint[])
    RETURNING u.id, u.dedicated_id, u.quantity
), wanted AS MATERIALIZED (
    SELECT d.id, greatest(d.consumed - coalesce(b.units, 0), coalesce(o.units, 0)) AS consumed
    FROM channels_dedicatedunits d
    LEFT JOIN (SELECT dedicated_id, sum(quantity) AS units FROM back GROUP BY 1) b ON b.dedicated_id = d.id
    LEFT JOIN (
        SELECT u.dedicated_id, sum(u.quantity) AS units FROM channels_dedicateduse u
        WHERE u.returned_at IS NULL AND u.dedicated_id = ANY(%s::bigint[]) AND u.id NOT IN (SELECT id FROM back)
        GROUP BY 1
    ) o ON o.dedicated_id = d.id
    WHERE d.id = ANY(%s::bigint[])
), settled AS (
    UPDATE channels_dedicatedunits d SET consumed = w.consumed
    FROM wanted w WHERE w.id = d.id AND w.consumed <> d.consumed AND w.consumed <= d.quantity
    RETURNING d.id, d.sku_id
)
SELECT id, sku_id FROM settled
UNION
SELECT d.id, d.sku_id FROM back b JOIN channels_dedicatedunits d ON d.id = b.dedicated_id
"""


def find_wrong_lines(limit: int) -> Found:
    """Lines of open reservations whose open holds aren't what was answered."""
    return find_wrong(_LINES, limit, _describe_line)


def find_left_over(limit: int) -> Found:
    """Open holds of reservations that are released, expired or gone."""
    return find_wrong(_LEFT_OVER, limit, _describe_left_over)


def find_wrong_dedicated(limit: int) -> Found:
    """Dedicated units that show less consumed than reservations use, and uses of closed reservations."""
    return find_wrong(_CONSUMED, limit, _describe_dedicated)


@transaction.atomic
def settle_dedicated(dedicated_ids: Sequence[int]) -> int:
    """Give back what closed reservations still use, and count what open ones use as consumed; how many rows it were."""
    lock_dedicated_units(dedicated_ids)
    ids = int_array(sorted(set(dedicated_ids)))
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE_DEDICATED, [ids, ids, ids])
        settled = cursor.fetchall()
    mark_skus(sku for _id, sku in settled)
    return len(settled)


def release_left_over(reservation_ids: Sequence[int], *, actor: str) -> int:
    """Give back what these reservations still hold although they are closed or gone; how many holds it were."""
    # Closed is for ever, so nothing has to be locked for knowing it.
    alive = Reservation.objects.filter(pk__in=reservation_ids, closed_at=None).values_list("pk", flat=True)
    return close_left_over(set(reservation_ids).difference(alive), actor=actor)


def _describe_line(row: dict[str, Any]) -> Violation:
    sentence = gettext_noop(
        "Line %(line)d (%(skus)s): %(promised)d units were promised, open holds have %(held)d. "
        "Release the reservation and reserve anew."
    )
    return Violation(_place(row), sentence, {name: row[name] for name in ("id", "line", "skus", "promised", "held")})


def _describe_left_over(row: dict[str, Any]) -> Violation:
    if row["key"] is None:
        sentence = gettext_noop("Hold %(hold)d of %(quantity)d units is open, but there is no such reservation.")
    else:
        sentence = gettext_noop("Hold %(hold)d of %(quantity)d units is open, but the reservation is closed.")
    facts = {name: row[name] for name in ("id", "hold", "quantity")}
    return Violation(_place(row), sentence, facts, gettext_noop("Release hold %(hold)d (%(quantity)d units)."))


def _describe_dedicated(row: dict[str, Any]) -> Violation:
    facts = {name: row[name] for name in ("quantity", "consumed", "units", "closed")} | {"_dedicated": row["id"]}
    place = f"{row['sku']} @ {row['pool']} / {row['shop']}"
    if row["closed"]:
        sentence = gettext_noop("Closed reservations still use %(closed)d of %(quantity)d dedicated units.")
        proposal = gettext_noop("Give %(closed)d dedicated units back.")
    else:
        sentence = gettext_noop("%(consumed)d dedicated units are consumed, but open reservations use %(units)d.")
        proposal = gettext_noop("Set consumed to %(units)d.")
    return Violation(place, sentence, facts, proposal if row["units"] <= row["quantity"] else "")


def _place(row: dict[str, Any]) -> str:
    return f"#{row['id']} {row['shop'] or ''} {row['key'] or ''}".strip()


def _release(violations: Sequence[Violation], actor: str) -> int:
    return release_left_over([violation.facts["id"] for violation in violations], actor=actor)


def _settle(violations: Sequence[Violation], _actor: str) -> int:
    return settle_dedicated([violation.facts["_dedicated"] for violation in violations])


def register() -> None:
    """Make these checks a part of the audit."""
    register_check(
        Check("reservation-holds", gettext_lazy("Reservations hold what was promised"), find_wrong_lines),
    )
    register_check(
        Check("closed-reservations", gettext_lazy("Closed reservations hold nothing"), find_left_over, _release),
    )
    register_check(
        Check("dedicated-units", gettext_lazy("Dedicated units count what is used"), find_wrong_dedicated, _settle),
    )
