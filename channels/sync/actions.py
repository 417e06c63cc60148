"""Keeps each listing's target in step with the shop quantities and its sync policy."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.platforms.registry import is_connected, known
from channels.shops.models import Shop
from channels.sync.models import ListingTarget
from channels.sync.rules import decide_updates
from channels.sync.selectors import Wanted, find_due_shops, load_wanted
from core.bulk import Int64s, copy_numbers
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
           coalesce(greatest(published_quantity, sent_quantity), -1)
    FROM channels_listingtarget WHERE listing_id = ANY(%s) ORDER BY listing_id FOR UPDATE
"""
# Version 0 is a target that never had a number. One that comes back to what the platform already shows,
# with nothing on its way there, needs no sending.
_WRITE = """
    UPDATE channels_listingtarget AS target SET
        quantity = new.quantity,
        wanted = new.wanted,
        backed = new.backed = 1,
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
    RETURNING target.shop_id, target.version > target.published_version
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
        locked = np.array(cursor.fetchall(), np.int64).reshape(-1, 6)
    wanted = load_wanted(locked[:, 0].tolist())
    _name_broken(wanted)
    target, moved = _decide(wanted, locked[np.isin(locked[:, 0], wanted.listing_ids)])
    return _write(wanted, target, moved)


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


def _decide(wanted: Wanted, locked: Int64s) -> tuple[Int64s, Int64s]:
    """(the number to show, what is to be written: 1 where it moved, 0 where only its notes did, -1 for nothing)."""
    quantity, noted, backed, version, shown = locked[:, 1:].T
    never = np.zeros(len(locked), bool)
    target = decide_updates(wanted.quantity, shown, paused=never, increase_only=wanted.increase_only).target
    moved = (target != quantity) | (version == 0)
    same = ~moved & (wanted.quantity == noted) & (wanted.backed == (backed == 1))
    return target, np.where(moved, 1, np.where(same, -1, 0))


def _write(wanted: Wanted, target: Int64s, moved: Int64s) -> int:
    kept = moved >= 0
    if not kept.any():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS target_difference "
            "(listing_id bigint, quantity integer, wanted integer, backed integer, moved integer) "
            "ON COMMIT DELETE ROWS"
        )
        values = (target, wanted.quantity, wanted.backed, moved)
        copy_numbers(
            "target_difference", wanted.listing_ids[kept], *(column[kept].astype(np.int32) for column in values)
        )
        cursor.execute(_WRITE)
        written = cursor.fetchall()
        # The caller's transaction may go on, and refresh more.
        cursor.execute("DELETE FROM target_difference")
    request_publishing({shop for shop, pending in written if pending})
    return int((moved == 1).sum())


def _name_broken(wanted: Wanted) -> None:
    """Say on the target why its policy can't be applied; its number stays."""
    for listing, fault in wanted.broken.items():
        message = _("The sync policy can't be applied: %(fault)s.") % {"fault": fault}
        ListingTarget.objects.filter(listing=listing).update(message=message[:300])
