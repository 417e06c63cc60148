"""Whether the versions of the numbers published make sense, for the audit."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy, gettext_noop

from channels.sync.actions import request_publishing
from core.audit.checks import Check, Found, Violation, find_wrong, register_check

_AHEAD = "t.published_version > t.version"
_OTHER = "t.state = 'published' AND t.published_version = t.version AND t.published_quantity <> t.quantity"

_WRONG = f"""
SELECT t.listing_id, s.code || ' / ' || l.code AS place, t.version, t.published_version, t.quantity,
    coalesce(t.published_quantity, 0) AS published, {_AHEAD} AS ahead
FROM channels_listingtarget t
JOIN channels_listing l ON l.id = t.listing_id
JOIN channels_shop s ON s.id = t.shop_id
WHERE {_AHEAD} OR ({_OTHER})
ORDER BY t.listing_id
"""

_LOCK = "SELECT FROM channels_listingtarget WHERE listing_id = ANY(%s) ORDER BY listing_id FOR UPDATE"

# The next version is past both, so versions only grow here too.
_AGAIN = f"""
UPDATE channels_listingtarget t SET
    version = greatest(t.version, t.published_version) + 1, state = 'pending', attempts = 0, retry_at = NULL,
    message = '', changed_at = statement_timestamp()
WHERE t.listing_id = ANY(%s) AND ({_AHEAD} OR ({_OTHER}))
RETURNING t.shop_id
"""


def find_wrong_versions(limit: int) -> Found:
    """Targets whose published version is ahead of their own, or whose number isn't the one that counts as published."""
    return find_wrong(_WRONG, limit, _describe)


@transaction.atomic
def send_anew(listing_ids: Sequence[int]) -> int:
    """Send the numbers of these listings with the next version, if they are still wrong; how many it were."""
    ids = sorted(set(listing_ids))
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [ids])
        cursor.execute(_AGAIN, [ids])
        shops = [shop for (shop,) in cursor.fetchall()]
    request_publishing(set(shops))
    return len(shops)


def _describe(row: dict[str, Any]) -> Violation:
    if row["ahead"]:
        sentence = gettext_noop("Version %(published_version)d counts as published, but the newest is %(version)d.")
    else:
        sentence = gettext_noop("%(published)d counts as published, but the number of that version is %(quantity)d.")
    facts = {name: row[name] for name in ("version", "published_version", "quantity", "published")}
    proposal = gettext_noop("Send the number %(quantity)d with the next version.")
    return Violation(row["place"], sentence, facts | {"_listing": row["listing_id"]}, proposal)


def _repair(violations: Sequence[Violation], _actor: str) -> int:
    return send_anew([violation.facts["_listing"] for violation in violations])


def register() -> None:
    """Make this check a part of the audit."""
    title = gettext_lazy("Published versions only grow")
    register_check(Check("published-versions", title, find_wrong_versions, _repair))
