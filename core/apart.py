"""Work on a database connection of its own, beside the transaction that waits for it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection
from django.utils import translation

Answer = TypeVar("Answer")


def apart(work: Callable[[], Answer]) -> Answer:
    """What `work` answers, done in a thread with its own connection, in the language of the caller."""
    language = translation.get_language() or "en"

    def run() -> Answer:
        try:
            with translation.override(language):
                return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()
