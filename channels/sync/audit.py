"""Whether the versions of the numbers published make sense, and whether the strategies on record decide."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils.translation import gettext_lazy, gettext_noop

from channels.cascade.audit import find_waiting
from channels.shops.models import Listing, ListingPart
from channels.sync.actions import refresh_targets, request_publishing
from channels.sync.models import ListingTarget
from channels.sync.rules import SYNC
from channels.sync.selectors import find_listings, load_wanted
from core.audit.checks import Check, Found, Violation, find_wrong, register_check
from core.audit.guards import require_triggers
from core.bulk import Int64s
from inventory.supply.rules import NONE
from strategies.models import StrategyToken, StrategyVersion

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

_JUDGED = """
SELECT listing_id, coalesce(strategy_version_id, -1), paused::int
FROM channels_listingtarget WHERE listing_id = ANY(%s) ORDER BY listing_id
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


def find_wrong_strategies(limit: int) -> Found:
    """Targets that hold another deciding version, or another pause, than the strategies in force say."""
    wrong = _misjudged(np.setdiff1d(find_listings(), _waiting_listings()), None)
    judged_at = StrategyToken.objects.filter(kind=SYNC).values_list("judged_at", flat=True).first()
    if wrong.size and judged_at is not None:
        # What only time has changed since somebody looked is yet to be worked in.
        wrong = wrong[np.isin(wrong[:, 0], _misjudged(wrong[:, 0], judged_at)[:, 0])]
    rows = wrong[:limit]
    places = {row[0]: f"{row[1]} / {row[2]}" for row in _places(rows[:, 0].tolist())}
    versions = StrategyVersion.objects.select_related("strategy").in_bulk(rows[:, 1:].ravel().tolist())
    names = {pk: str(version) for pk, version in versions.items()}
    return Found(len(wrong), [_describe_judged(places[row[0]], names, *row) for row in rows.tolist()])


@transaction.atomic
def judge_anew(listing_ids: Sequence[int]) -> int:
    """Have the strategies in force decide these listings; how many were decided otherwise before."""
    targets = ListingTarget.objects.filter(listing__in=listing_ids).order_by("listing").select_for_update()
    before = set(targets.values_list("listing_id", "strategy_version_id", "paused"))
    refresh_targets(sorted(set(listing_ids)))
    return len(before - set(targets.values_list("listing_id", "strategy_version_id", "paused")))


def _misjudged(listing_ids: Int64s, now: datetime | None) -> Int64s:
    """[K, 3] (listing, version on record, version that decides), the versions NONE for nobody, where any differs."""
    wanted = load_wanted(listing_ids.tolist(), now)
    with connection.cursor() as cursor:
        cursor.execute(_JUDGED, [wanted.listing_ids.tolist()])
        stored = np.array(cursor.fetchall(), np.int64).reshape(-1, 3)
    at = np.searchsorted(wanted.listing_ids, stored[:, 0])
    versions, paused = wanted.version_ids[at], wanted.paused[at]
    wrong = (stored[:, 1] != versions) | ((stored[:, 2] == 1) != paused)
    return np.stack([stored[wrong, 0], stored[wrong, 1], versions[wrong]], axis=1)


def _waiting_listings() -> list[int]:
    parts = ListingPart.objects.filter(sku__in=find_waiting().tolist())
    return list(parts.values_list("listing_id", flat=True).distinct())


def _places(listing_ids: Sequence[int]) -> list[tuple[int, str, str]]:
    return list(Listing.objects.filter(id__in=listing_ids).values_list("id", "shop__code", "code"))


def _describe_judged(place: str, names: dict[int, str], listing: int, stored: int, decides: int) -> Violation:
    if stored == decides:
        sentence = gettext_noop("The pause on record isn't the one that %(decides)s says.")
    elif stored == NONE:
        sentence = gettext_noop("%(decides)s decides, but nothing is on record.")
    elif decides == NONE:
        sentence = gettext_noop("%(stored)s is on record as what decides, but nothing does.")
    else:
        sentence = gettext_noop("%(stored)s is on record as what decides, but %(decides)s does.")
    facts = {"stored": names.get(stored, ""), "decides": names.get(decides, ""), "_listing": listing}
    return Violation(place, sentence, facts, gettext_noop("Let the strategies in force decide anew."))


def _judge(violations: Sequence[Violation], _actor: str) -> int:
    return judge_anew([violation.facts["_listing"] for violation in violations])


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
    """Make these checks a part of the audit."""
    require_triggers("channels_listing", "decisions_end")
    title = gettext_lazy("Published versions only grow")
    register_check(Check("published-versions", title, find_wrong_versions, _repair))
    title = gettext_lazy("Listings are decided by the strategies in force")
    register_check(Check("sync-strategies", title, find_wrong_strategies, _judge, settles=True))
