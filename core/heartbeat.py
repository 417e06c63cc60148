"""Signs of life: beat and the workers write Redis keys that expire; readiness reads them."""

import time
from contextlib import suppress
from typing import Any

from celery import bootsteps
from celery.beat import PersistentScheduler
from redis.exceptions import RedisError

from core.redis import connection

BEAT_KEY = "onepool:alive:beat"
EVERY_SECONDS = 2.0
DEAD_AFTER_SECONDS = 15


def worker_key(queue: str) -> str:
    """The key that some worker of `queue` keeps alive."""
    return f"onepool:alive:worker:{queue}"


class BeatScheduler(PersistentScheduler):  # type: ignore[misc]
    """Beat's own scheduler, which says on each tick that it is alive."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._noted_at = 0.0
        super().__init__(*args, **kwargs)
        # Without this bound a long sleep between two tasks would look like death.
        self.max_interval = EVERY_SECONDS

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; answers the seconds until the next tick."""
        delay: float = super().tick(*args, **kwargs)
        if time.monotonic() - self._noted_at >= EVERY_SECONDS / 2:
            _note(BEAT_KEY)
            self._noted_at = time.monotonic()
        return delay


class WorkerPulse(bootsteps.StartStopStep):  # type: ignore[misc]
    """Says for each queue of this worker that somebody consumes it, from the loop that does."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._timer: Any = None

    def start(self, parent: Any) -> None:
        """Begin when the consumer does, also after it has lost the broker and found it again."""
        keys = [worker_key(queue) for queue in parent.app.amqp.queues.consume_from]
        _note(*keys)
        self._timer = parent.timer.call_repeatedly(EVERY_SECONDS, _note, keys)

    def stop(self, parent: Any) -> None:
        """Fall silent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _note(*keys: str) -> None:
    # A sign that can't be written is a sign missed, which is just what readiness looks for.
    with suppress(RedisError):
        pipeline = connection().pipeline(transaction=False)
        for key in keys:
            pipeline.set(key, 1, ex=DEAD_AFTER_SECONDS)
        pipeline.execute()
