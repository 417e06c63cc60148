"""What a platform's answers mean for the targets, and writing that down."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from channels.platforms.contract import OutcomeKind, PushOutcome
from core.bulk import INT32_MAX

# Seconds until an item that the platform refuses for now is offered again.
LOCKED_SECONDS = 60
GONE_SECONDS = 900
LONGEST_WAIT = 60

# A late answer to an older number changes nothing; an answer to the newest one settles the target,
# and so does one to an older number that happens to be what is wanted again.
_SETTLE = """
    UPDATE channels_listingtarget AS target SET
        published_quantity = answer.held,
        published_version = CASE WHEN answer.settles THEN target.version ELSE answer.version END,
        version = CASE WHEN answer.behind THEN greatest(target.version + 1, answer.least) ELSE target.version END,
        published_at = statement_timestamp(),
        sent_quantity = NULL,
        state = CASE WHEN answer.settles THEN 'published' ELSE 'pending' END,
        attempts = 0, retry_at = NULL, message = ''
    FROM (
        SELECT answer.*,
               locked.version = answer.version AND answer.least > 0 AS behind,
               locked.quantity = answer.held AND answer.least = 0 AS settles
        FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::bigint[]) AS answer (listing_id, version, held, least)
        JOIN channels_listingtarget locked USING (listing_id)
    ) AS answer
    WHERE target.listing_id = answer.listing_id AND answer.version >= target.published_version
"""
_FAIL = """
    UPDATE channels_listingtarget AS target SET
        sent_quantity = CASE WHEN answer.unknown THEN target.sent_quantity ELSE answer.before END,
        state = CASE WHEN newest THEN answer.state ELSE target.state END,
        message = CASE WHEN newest THEN answer.message ELSE target.message END,
        attempts = target.attempts + newest::int,
        retry_at = CASE WHEN newest THEN statement_timestamp() + make_interval(secs => answer.wait)
            ELSE target.retry_at END
    FROM (
        SELECT answer.*, locked.version = answer.version AS newest
        FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::boolean[], %s::text[], %s::text[], %s::float[])
            AS answer (listing_id, version, before, unknown, state, message, wait)
        JOIN channels_listingtarget locked USING (listing_id)
    ) AS answer
    WHERE target.listing_id = answer.listing_id AND answer.version > target.published_version
"""


@dataclass(frozen=True, slots=True)
class Sending:
    """A number on its way. `before` is what was already on its way without an answer, if anything."""

    listing_id: int
    item: str
    quantity: int
    version: int
    attempts: int
    before: int | None


@dataclass(frozen=True, slots=True)
class Settled:
    """The platform holds `held`. `least` is the version the target must reach for the platform to listen."""

    sending: Sending
    held: int
    least: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """The platform didn't take the number. `wait` in seconds, None for not before it changes or `push_after`."""

    sending: Sending
    state: str
    message: str
    wait: float | None = None
    unknown: bool = False  # it may show the number all the same


def judge(sending: Sending, outcome: PushOutcome) -> Settled | Failed:
    """What one answer means for its target."""
    match outcome.kind:
        case OutcomeKind.APPLIED:
            return Settled(sending, sending.quantity)
        case OutcomeKind.STALE:
            return Settled(sending, sending.quantity if outcome.quantity is None else outcome.quantity)
        case OutcomeKind.REJECTED:
            return Failed(sending, "refused", outcome.message)
        case OutcomeKind.GONE:
            return Failed(sending, "refused", outcome.message, wait=outcome.retry_after or GONE_SECONDS)
        case OutcomeKind.LOCKED:
            return Failed(sending, "refused", outcome.message, wait=outcome.retry_after or LOCKED_SECONDS)
    wait = outcome.retry_after or backoff(sending.attempts)
    return Failed(sending, "retry", outcome.message, wait=wait, unknown=outcome.kind is OutcomeKind.RETRY)


def backoff(attempts: int) -> float:
    """Seconds to wait after so many failed attempts before this one."""
    return float(min(2 ** min(attempts, 10), LONGEST_WAIT))


@transaction.atomic
def record(results: Sequence[Settled | Failed]) -> None:
    """Write down what became of the numbers sent."""
    settled = [result for result in results if isinstance(result, Settled)]
    failed = [result for result in results if isinstance(result, Failed)]
    with connection.cursor() as cursor:
        # Locked in the order everybody locks targets in; an update of many rows by itself has none.
        cursor.execute(
            "SELECT FROM channels_listingtarget WHERE listing_id = ANY(%s) ORDER BY listing_id FOR UPDATE",
            [[result.sending.listing_id for result in results]],
        )
        if settled:
            rows = [(r.sending.listing_id, r.sending.version, min(r.held, INT32_MAX), r.least) for r in settled]
            cursor.execute(_SETTLE, [list(column) for column in zip(*rows, strict=True)])
        if failed:
            cursor.execute(_FAIL, [list(column) for column in zip(*map(_failed_row, failed), strict=True)])


def _failed_row(result: Failed) -> tuple[int, int, int | None, bool, str, str, float | None]:
    sending = result.sending
    return (
        sending.listing_id,
        sending.version,
        sending.before,
        result.unknown,
        result.state,
        result.message[:300],
        result.wait,
    )
