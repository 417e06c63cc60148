"""Sends the numbers of one shop to its platform: one sender per shop, in batches, at the platform's pace.

A number is marked as on its way before the call and settled by the answer, so whatever is killed in
between, the next sender knows what the platform may be showing. No transaction is open during a call.
"""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from channels.platforms.contract import OutcomeKind, Platform, PlatformError, StockUpdate
from channels.shops.models import Shop
from channels.sync.connections import connect
from channels.sync.outcomes import Failed, Sending, Settled, backoff, judge, record
from channels.sync.pace import seconds_to_wait
from channels.sync.selectors import due_targets

log = logging.getLogger(__name__)

# Longer than any call may take, so that a sender that lost its lease has nothing under way any more.
LEASE = timedelta(seconds=30)
PATIENCE = 2.0  # seconds a sender waits for its turn; for longer it leaves the shop to the next sweep
AUTH_SECONDS = 300.0
MISSES, MISS_SECONDS = 3, 0.05

_PICK = """
    WITH due AS (
        SELECT target.listing_id, target.sent_quantity AS before, listing.code
        FROM channels_listingtarget target
        JOIN channels_listing listing ON listing.id = target.listing_id AND listing.active AND NOT listing.paused
        WHERE target.shop_id = %s AND target.version > target.published_version AND NOT target.paused
          AND (target.retry_at <= statement_timestamp() OR (target.retry_at IS NULL AND target.state <> 'refused'))
        ORDER BY target.changed_at, target.listing_id LIMIT %s
        FOR UPDATE OF target SKIP LOCKED
    )
    UPDATE channels_listingtarget AS target
    SET sent_quantity = greatest(target.sent_quantity, target.quantity)
    FROM due WHERE target.listing_id = due.listing_id
    RETURNING target.listing_id, due.code, target.quantity, target.version, target.attempts, due.before
"""


def publish_shop(shop_id: int) -> int:
    """Send what waits for this shop; how many numbers the platform took.

    Does nothing while another sender has the shop or the platform asked to be left alone.
    """
    taken = misses = 0
    # A number that came while the shop was still held woke nobody else, hence the look after letting go.
    while misses < MISSES and (token := _take_shop(shop_id)) is not None:
        try:
            count = _serve(shop_id, token)
        finally:
            Shop.objects.filter(id=shop_id, lease=token).update(lease=None, leased_until=None)
        taken += count
        if not due_targets(timezone.now()).filter(shop=shop_id).exists():
            break
        if not count:  # what waits is locked by somebody about to change it
            misses += 1
            time.sleep(MISS_SECONDS)
    return taken


def _take_shop(shop_id: int) -> UUID | None:
    now, token = timezone.now(), uuid4()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    allowed = Q(push_after=None) | Q(push_after__lte=now)
    taken = Shop.objects.filter(free, allowed, id=shop_id, active=True).update(lease=token, leased_until=now + LEASE)
    return token if taken else None


def _serve(shop_id: int, token: UUID) -> int:
    """Send batch after batch until nothing waits, the lease is lost or the platform refuses calls."""
    taken = 0
    try:
        platform = connect(shop_id)
        size = platform.batch_size
        more = True
        while more and _wait_turn(shop_id, platform):
            batch = _pick(shop_id, token, size)
            taken += _send(shop_id, platform, batch) if batch else 0
            more = len(batch) == size
    except PlatformError as problem:
        _hold_off(shop_id, problem)
    else:
        Shop.objects.filter(id=shop_id).exclude(push_problem="").update(push_problem="", push_after=None)
    return taken


@transaction.atomic
def _pick(shop_id: int, token: UUID, size: int) -> list[Sending]:
    """The longest waiting numbers, marked as on their way; none when the shop is no longer ours."""
    until = timezone.now() + LEASE
    if not Shop.objects.filter(id=shop_id, lease=token, active=True).update(leased_until=until):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_PICK, [shop_id, size])
        return [Sending(listing, item, *rest) for listing, item, *rest in cursor.fetchall()]


def _wait_turn(shop_id: int, platform: Platform) -> bool:
    """Keep to the platform's pace; False when the wait is too long to hold the shop for."""
    while (seconds := seconds_to_wait(shop_id, platform.calls_per_second)) > 0:
        if seconds > PATIENCE:
            _leave_alone(shop_id, seconds, "")
            return False
        time.sleep(seconds)
    return True


def _send(shop_id: int, platform: Platform, batch: Sequence[Sending]) -> int:
    """Send one batch and settle it; how many numbers the platform took. PlatformError when a call fails."""
    try:
        results = _lift(platform, _push(platform, batch))
    except PlatformError as problem:
        if problem.kind is OutcomeKind.REJECTED and len(batch) > 1:
            # The call as a whole was refused: find the item at fault, so that the others get through.
            middle = len(batch) // 2
            halves = (batch[:middle], batch[middle:])
            return sum(_send(shop_id, platform, half) for half in halves if _wait_turn(shop_id, platform))
        record([_failed(sending, problem) for sending in batch])
        if problem.kind is OutcomeKind.REJECTED:
            return 0
        raise _patient(problem, batch) from problem
    record(results)
    return sum(isinstance(result, Settled) for result in results)


def _push(platform: Platform, batch: Sequence[Sending]) -> list[Settled | Failed]:
    updates = [StockUpdate(each.listing_id, each.item, each.quantity, each.version) for each in batch]
    outcomes = platform.push_stock(updates)
    return [judge(sending, outcome) for sending, outcome in zip(batch, outcomes, strict=True)]


def _lift(platform: Platform, results: list[Settled | Failed]) -> list[Settled | Failed]:
    """Where the platform shows another number under a version not below ours, say which version gets past it.

    That happens when this database was restored from a backup.
    """
    behind = [r.sending for r in results if isinstance(r, Settled) and r.held != r.sending.quantity]
    if not behind:
        return results
    try:
        readings = platform.read_stock([sending.item for sending in behind])
    except PlatformError as problem:
        lifted: dict[int, Settled | Failed] = {
            sending.listing_id: Failed(sending, "retry", problem.message, wait=1.0, unknown=True) for sending in behind
        }
    else:
        lifted = {
            sending.listing_id: Settled(sending, reading.quantity or 0, least=reading.version + 1)
            for sending, reading in zip(behind, readings, strict=True)
            if reading.version is not None and reading.version >= sending.version
        }
    return [lifted.get(result.sending.listing_id, result) for result in results]


def _failed(sending: Sending, problem: PlatformError) -> Failed:
    state = "refused" if problem.kind is OutcomeKind.REJECTED else "retry"
    return Failed(sending, state, problem.message, unknown=problem.kind is OutcomeKind.RETRY)


def _patient(problem: PlatformError, batch: Sequence[Sending]) -> PlatformError:
    """The problem with a wait that grows with the attempts already made."""
    wait = problem.retry_after
    if wait is None:
        most = max(sending.attempts for sending in batch)
        wait = AUTH_SECONDS if problem.kind is OutcomeKind.AUTH else backoff(most)
    return PlatformError(problem.kind, problem.message, wait)


def _hold_off(shop_id: int, problem: PlatformError) -> None:
    seconds = AUTH_SECONDS if problem.retry_after is None else problem.retry_after
    log.warning("Shop %s can't be published to for %.1f s: %s", shop_id, seconds, problem.message)
    # Being asked to slow down is everyday life and nothing a person could mend.
    shown = "" if problem.kind is OutcomeKind.THROTTLED else problem.message
    _leave_alone(shop_id, seconds, shown)


def _leave_alone(shop_id: int, seconds: float, problem: str) -> None:
    push_after = timezone.now() + timedelta(seconds=seconds)
    Shop.objects.filter(id=shop_id).update(push_after=push_after, push_problem=problem[:300])
