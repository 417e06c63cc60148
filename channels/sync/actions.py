"""Keeps each listing's target in step with the shop quantities and its sync policy."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.decisions.actions import write_changes
from channels.decisions.rules import Changes
from channels.platforms.registry import is_connected, known
from channels.shops.models import Shop
from channels.sync.models import ListingTarget
from channels.sync.rules import SYNC, WHOLE, decide_updates
from channels.sync.selectors import Wanted, find_due_shops, load_wanted
from core.bulk import Bools, Int64s, copy_numbers
from core.queue import nudge

PUBLISH = "channels.sync.tasks.publish_shop"

_CREATE = """
    INSERT INTO channels_listingtarget (
        listing_id, shop_id, quantity, wanted, backed, paused, version, changed_at,
        published_version, state, attempts, message)
    SELECT listing.id, listing.shop_id, 0, 0, true, false, 0, statement_timestamp(), 0, 'pending', 0, ''
    FROM channels_listing listing
    JOIN channels_shop shop ON shop.id = listing.shop_id AND shop.active
    WHERE listing.id = ANY(%s) AND listing.active AND NOT listing.paused
    AND NOT EXISTS (SELECT FROM channels_listingtarget target WHERE target.listing_id = listing.id)
    ORDER BY listing.id
    ON CONFLICT (listing_id) DO NOTHING
"""
_LOCK = """
    SELECT listing_id, quantity, wanted, backed::int, version,
           coalesce(greatest(published_quantity, sent_quantity), -1), paused::int, coalesce(strategy_version_id, -1)
    FROM channels_listingtarget WHERE listing_id = ANY(%s) ORDER BY listing_id FOR UPDATE
"""
# Version 0 is a target that never had a number. One that comes back to what the platform already shows,
# with nothing on its way there, needs no sending.
_WRITE = """
    UPDATE channels_listingtarget AS target SET
        quantity = new.quantity,
        wanted = new.wanted,
        backed = new.backed = 1,
        paused = new.paused = 1,
        strategy_version_id = nullif(new.strategy_version, -1),
        version = target.version + new.moved,
        published_version = CASE WHEN new.moved = 1 AND target.published_quantity = new.quantity
            AND target.sent_quantity IS NULL THEN target.version + 1 ELSE target.published_version END,
        state = CASE WHEN new.moved = 0 THEN target.state WHEN target.published_quantity = new.quantity
            AND target.sent_quantity IS NULL THEN 'published' ELSE 'pending' END,
        changed_at = CASE WHEN new.moved = 1 THEN statement_timestamp() ELSE target.changed_at END,
        attempts = CASE WHEN new.moved = 1 THEN 0 ELSE target.attempts END,
        retry_at = CASE WHEN new.moved = 1 THEN NULL ELSE target.retry_at END,
        message = CASE WHEN new.moved = 1 THEN '' ELSE target.message END
    FROM target_difference AS new WHERE target.listing_id = new.listing_id
    RETURNING target.shop_id, target.version > target.published_version AND NOT target.paused
"""


@transaction.atomic(savepoint=False)
def refresh_targets(listing_ids: Sequence[int]) -> int:
    """Bring the targets of these listings up to date; how many changed. Those that aren't open stay as they are.

    The target is locked before the quantities are read: of two workers that change two parts of one
    listing, the later one sees both.
    """
    if not listing_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_CREATE, [list(listing_ids)])
        cursor.execute(_LOCK, [list(listing_ids)])
        locked = np.array(cursor.fetchall(), np.int64).reshape(-1, 8)
    wanted = load_wanted(locked[:, 0].tolist())
    locked = locked[np.isin(locked[:, 0], wanted.listing_ids)]
    _name_broken(wanted)
    _record(wanted, locked[:, -1])
    return _write(wanted, _decide(wanted, locked))


def request_publishing(shop_ids: Iterable[int]) -> None:
    """Wake the publisher of these shops once the transaction commits. Without a connector the numbers wait,
    and the shop says so.
    """
    for shop in Shop.objects.filter(id__in=list(shop_ids), active=True).only("id", "platform", "push_problem"):
        if is_connected(shop.platform):
            nudge(PUBLISH, shop.pk)
        elif not shop.push_problem:
            problem = _("The numbers wait: there is no connector for the platform %(platform)s yet.")
            Shop.objects.filter(id=shop.pk).update(push_problem=problem % {"platform": shop.platform})


def request_due() -> int:
    """Wake the publisher of every shop with a number to send, whatever became of the earlier calls; how many."""
    connected = [code for code, _label in known() if is_connected(code)]
    shops = find_due_shops(timezone.now(), connected)
    request_publishing(shops)
    return len(shops)


@transaction.atomic
def retry_refused(listing_ids: Collection[int], *, actor: str) -> int:
    """Send the refused numbers of these listings once more; how many there were."""
    refused = ListingTarget.objects.filter(listing__in=listing_ids, state=ListingTarget.State.REFUSED)
    shops = list(refused.values_list("shop_id", flat=True).distinct())
    count = refused.update(state=ListingTarget.State.PENDING, retry_at=None, attempts=0, message="")
    request_publishing(shops)
    return count


@transaction.atomic
def forget_published(listing_ids: Iterable[int]) -> int:
    """These listings stand for other items on the platform: send their numbers anew; how many listings.

    Call it after all marks. Two versions on, because the answer to a number on its way is about the old item.
    """
    targets = ListingTarget.objects.filter(listing__in=list(listing_ids))
    ids = list(targets.order_by("listing").select_for_update().values_list("listing_id", flat=True))
    targets.update(
        published_version=F("version") + 1,
        version=F("version") + 2,
        published_quantity=None,
        published_at=None,
        sent_quantity=None,
        state=ListingTarget.State.PENDING,
        attempts=0,
        retry_at=None,
        message="",
        changed_at=timezone.now(),
    )
    request_publishing(set(targets.values_list("shop_id", flat=True)))
    return len(ids)


@dataclass(frozen=True, slots=True, eq=False)
class _Targets:
    """What the targets are to hold: [N] by listing."""

    quantity: Int64s
    wanted: Int64s
    backed: Int64s
    paused: Int64s
    strategy_version: Int64s
    moved: Int64s  # 1 where the number moves
    written: Bools  # where anything is new


def _decide(wanted: Wanted, locked: Int64s) -> _Targets:
    """What becomes of targets [N, 8]. Of a listing that a strategy pauses, and of one whose policy can't be applied,
    the numbers stay.
    """
    quantity, noted, backed, version, shown, paused, strategy_version = locked[:, 1:].T
    kept = wanted.paused.copy()
    kept[list(wanted.broken)] = True
    never = np.zeros(len(locked), bool)
    target = decide_updates(wanted.quantity, shown, paused=never, increase_only=wanted.increase_only).target
    moved = ~kept & ((target != quantity) | (version == 0))
    now = (
        np.where(kept, noted, wanted.quantity),
        np.where(kept, backed, wanted.backed),
        wanted.paused.astype(np.int64),
        wanted.version_ids,
    )
    changed = [new != old for new, old in zip(now, (noted, backed, paused, strategy_version), strict=True)]
    return _Targets(np.where(kept, quantity, target), *now, moved.astype(np.int64), np.any([moved, *changed], axis=0))


def _record(wanted: Wanted, before: Int64s) -> None:
    """Keep which versions decide from now on where others did before."""
    listings, versions = wanted.listing_ids, wanted.version_ids
    new = versions != before
    write_changes(SYNC, Changes(listings[new], np.full(int(new.sum()), WHOLE, np.int64), versions[new]))


def _write(wanted: Wanted, targets: _Targets) -> int:
    kept = targets.written
    if not kept.any():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS target_difference (listing_id bigint, strategy_version bigint, "
            "quantity integer, wanted integer, backed integer, paused integer, moved integer) ON COMMIT DELETE ROWS"
        )
        numbers = (targets.quantity, targets.wanted, targets.backed, targets.paused, targets.moved)
        copy_numbers(
            "target_difference",
            wanted.listing_ids[kept],
            targets.strategy_version[kept],
            *(column[kept].astype(np.int32) for column in numbers),
        )
        cursor.execute(_WRITE)
        written = cursor.fetchall()
        # The caller's transaction may go on, and refresh more.
        cursor.execute("DELETE FROM target_difference")
    request_publishing({shop for shop, pending in written if pending})
    return int(targets.moved.sum())


def _name_broken(wanted: Wanted) -> None:
    """Say on the target why its policy can't be applied; its number stays."""
    for row, fault in wanted.broken.items():
        message = _("The sync policy can't be applied: %(fault)s.") % {"fault": fault}
        ListingTarget.objects.filter(listing=wanted.listing_ids[row]).update(message=message[:300])
