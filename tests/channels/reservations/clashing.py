"""Transactions that wait for each other, brought about step by step."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep

from django.db import connection, transaction

_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@contextmanager
def holding():
    """A transaction of ours, in which `start(work, ...)` lets others begin; they come to their end after it."""
    with ThreadPoolExecutor(4) as pool:
        begun = []

        def start(work, *args, **fields):
            begun.append(pool.submit(_apart, work, args, fields))
            _await_lock(begun[-1])

        with transaction.atomic():
            yield start
        for done in begun:
            done.result(timeout=30)


def _apart(work, args, fields):
    try:
        return work(*args, **fields)
    finally:
        connection.close()


def _await_lock(done):
    until = monotonic() + 10
    while not _is_waiting():
        assert not done.done(), f"it hasn't waited: {done.result()}"
        assert monotonic() < until, "it waits for no lock"
        sleep(0.01)


def _is_waiting():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else the same is seen until the transaction ends
        cursor.execute(_WAITING)
        return cursor.fetchone()[0] > 0
