"""Starts a transaction over when it has clashed with others, so that a deadlock costs time and nothing else."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from psycopg import errors

TRIES = 5  # of work that clashes with others; each time somebody else has got on
_CLASHES = (errors.DeadlockDetected, errors.SerializationFailure)

Answer = TypeVar("Answer")


def run_retrying(work: Callable[[], Answer]) -> Answer:
    """Do `work` in a transaction, again when the database undid it for the sake of another; what it answers.

    Inside a caller's transaction it is done once: a deadlock there has undone the caller's work as well.
    The fault of the last try is raised.
    """
    tries = 1 if connection.in_atomic_block else TRIES
    while True:
        tries -= 1
        try:
            with transaction.atomic():
                return work()
        except OperationalError as fault:
            if not tries or not is_clash(fault):
                raise


def is_clash(fault: OperationalError) -> bool:
    """Whether the database has undone a transaction for the sake of another."""
    return isinstance(fault.__cause__, _CLASHES)
