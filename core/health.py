"""Whether what the product needs is there: database, broker, a worker for each queue, beat."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import Error, connection
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from core import redis
from core.errors import FieldError
from core.heartbeat import BEAT_KEY, worker_key
from core.queue import QUEUES


@dataclass(frozen=True, slots=True)
class Health:
    """`faults` names what is down; `checks` has every part's "up", "down" or "unknown"."""

    checks: dict[str, str]
    faults: list[FieldError] = field(default_factory=list)


def check_health(queues: Sequence[str] = QUEUES) -> Health:
    """Ask the database and the broker, and read the signs of life of the workers and of beat.

    Without the broker the signs can't be read, so workers and beat are then "unknown".
    """
    health = Health({"database": "up", "broker": "up", "worker": "unknown", "beat": "unknown"})
    if not _database_answers():
        _add_fault(health, "database", _("The database can't be reached."))
    try:
        alive = redis.connection().mget([BEAT_KEY, *map(worker_key, queues)])
    except RedisError:
        _add_fault(health, "broker", _("The broker can't be reached."))
        return health
    health.checks.update(worker="up", beat="up")
    if alive[0] is None:
        _add_fault(health, "beat", _("Beat doesn't run, so nothing is swept up."))
    for queue in (queue for queue, sign in zip(queues, alive[1:], strict=True) if sign is None):
        _add_fault(health, "worker", _("No worker serves the queue “%(queue)s”.") % {"queue": queue}, queue=queue)
    return health


def _add_fault(health: Health, part: str, sentence: str, **facts: str) -> None:
    health.checks[part] = "down"
    health.faults.append(FieldError(part, sentence, facts))


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        # A broken connection would make the next check fail too, long after the database is back.
        connection.close()
        return False
    return True
