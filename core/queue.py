"""The seam to the task queue: tasks are sent after commit, and repeated nudges become one.

A row in the database is the real queue; a nudge only wakes a worker, so a lost one costs time until
the next sweep and never work.
"""

import atexit
import logging
import os
import time
from functools import partial
from threading import Event, Lock, Thread

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.redis import connection

log = logging.getLogger(__name__)
NUDGE_SECONDS = 5
PAUSE_SECONDS = 0.01  # between two rounds of nudges of one process
# Stock first, then what goes out to platforms; imports and exports must never hold up either.
QUEUES = ("stock", "publish", "bulk")


def enqueue(task: str, *args: object) -> None:
    """Send `task` (its dotted name) with ids as arguments once the transaction commits."""
    transaction.on_commit(partial(_send, task, *args))


def nudge(task: str, *args: object) -> None:
    """As `enqueue`, but while one such nudge waits for its worker no other is sent.

    A thread of the process sends it: a caller that commits a thousand times a second talks to the broker far less
    often, and never waits for it.
    """
    transaction.on_commit(partial(_nudge, task, *args))


def nudge_taken(task: str, *args: object) -> None:
    """Called by a nudged task before it looks for work: what commits from here on nudges anew."""
    connection().delete(_nudge_key(task, args))


def _nudge(task: str, *args: object) -> None:
    _SENDER.add(task, args)


class _Sender:
    """Sends nudges at once when there was none for a moment, and gathers those that come close together."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start without a thread; a fork takes none with it, and may copy a lock that nobody is left to open."""
        self._waiting: set[tuple[str, tuple[object, ...]]] = set()
        self._lock, self._any = Lock(), Event()
        self._thread: Thread | None = None

    def add(self, task: str, args: tuple[object, ...]) -> None:
        with self._lock:
            self._waiting.add((task, args))
            if self._thread is None:
                self._thread = Thread(target=self._run, name="nudges", daemon=True)
                self._thread.start()
        self._any.set()

    def send(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, set()
        for task, args in waiting:
            _send_nudge(task, *args)

    def _run(self) -> None:
        while True:
            self._any.wait()
            self._any.clear()
            try:
                self.send()
            except Exception:
                log.exception("A nudge wasn't sent; its work waits for the next sweep.")
            time.sleep(PAUSE_SECONDS)


_SENDER = _Sender()
# A command that is done must not take its last nudges with it.
atexit.register(_SENDER.send)
os.register_at_fork(after_in_child=_SENDER.reset)


def _send_nudge(task: str, *args: object) -> None:
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
