"""The seam to the task queue: tasks are sent after commit, and repeated nudges become one.

A row in the database is the real queue; a nudge only wakes a worker, so a lost one costs time until
the next sweep and never work.
"""

import logging
from functools import partial

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.redis import connection

log = logging.getLogger(__name__)
NUDGE_SECONDS = 5
# Stock first, then what goes out to platforms; imports and exports must never hold up either.
QUEUES = ("stock", "publish", "bulk")


def enqueue(task: str, *args: object) -> None:
    """Send `task` (its dotted name) with ids as arguments once the transaction commits."""
    transaction.on_commit(partial(_send, task, *args))


def nudge(task: str, *args: object) -> None:
    """As `enqueue`, but while one such nudge waits for its worker no other is sent."""
    transaction.on_commit(partial(_nudge, task, *args))


def nudge_taken(task: str, *args: object) -> None:
    """Called by a nudged task before it looks for work: what commits from here on nudges anew."""
    connection().delete(_nudge_key(task, args))


def _nudge(task: str, *args: object) -> None:
    try:
        if connection().set(_nudge_key(task, args), 1, nx=True, ex=NUDGE_SECONDS):
            _send(task, *args)
    except RedisError:
        # The work is a committed row and beat sweeps it up; failing the caller would be a lie.
        log.warning("The broker is unreachable; %s waits for the next sweep.", task)


def _send(task: str, *args: object) -> None:
    try:
        current_app.tasks[task].delay(*args)
    except OperationalError:
        log.warning("The broker is unreachable; %s waits for the next sweep.", task)


def _nudge_key(task: str, args: tuple[object, ...]) -> str:
    return ":".join(["onepool:nudge", task, *map(str, args)])
