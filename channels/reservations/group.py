"""Group commit: single requests that come at the same time go through `reserve` as one batch.

Nobody waits for company. While no batch is under way a caller runs its own request at once; callers that arrive
meanwhile queue, and when the batch ends one of them leads the next one, which takes the whole queue. Batches run on the
connections of the threads that lead, so whoever has led most leads again: few connections are used, and those are warm.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from threading import Lock, local

from django.db import connection
from django.utils.translation import get_language

from channels.reservations.actions import ReserveResult, reserve
from channels.reservations.rules import ReservationRequest

log = logging.getLogger(__name__)
MOST_AT_ONCE = 200
# A batch takes milliseconds. Whoever has queued for so long goes alone: the batch may wait for a lock it doesn't need.
PATIENCE_SECONDS = 2.0

Run = Callable[[Sequence[ReservationRequest]], list[ReserveResult]]


def reserve_one(request: ReservationRequest) -> ReserveResult:
    """`reserve([request])[0]`, committed together with whatever other threads ask for at the same moment.

    Inside a transaction of the caller's it is just that: the batch of another thread would not be a part of it.
    """
    return _GROUP.submit(request)


class _Thread(local):
    """What a thread knows of itself."""

    batches_led = 0


_thread = _Thread()


class _Waiter:
    """One request in the queue; `signal` is released when it has an outcome or is to lead."""

    __slots__ = ("batches_led", "language", "leads", "outcome", "request", "signal")

    def __init__(self, request: ReservationRequest) -> None:
        self.request = request
        self.language = get_language()
        self.batches_led = _thread.batches_led
        self.outcome: ReserveResult | Exception | None = None
        self.leads = False
        self.signal = Lock()
        self.signal.acquire()

    def result(self) -> ReserveResult:
        """The request's own result, or its own exception."""
        if isinstance(self.outcome, Exception):
            raise self.outcome
        assert self.outcome is not None  # noqa: S101 - who has none is never signalled, but put back into the queue
        return self.outcome


class Group:
    """The threads of one process that reserve through `run`, in one batch at a time."""

    def __init__(self, run: Run, *, most: int = MOST_AT_ONCE, patience: float = PATIENCE_SECONDS) -> None:
        self._run = run
        self._most = most
        self._patience = patience
        self._mutex = Lock()
        self._busy = False
        self._queue: deque[_Waiter] = deque()

    def submit(self, request: ReservationRequest) -> ReserveResult:
        """Run a request at once, or with the next batch; its result, once that is committed."""
        if connection.in_atomic_block:
            return self._run([request])[0]
        waiter = self._queue_up(request)
        if waiter is not None:
            return self._wait(waiter)
        try:
            return self._run([request])[0]
        finally:
            self._hand_over()

    def _queue_up(self, request: ReservationRequest) -> _Waiter | None:
        """The request's place in the queue; None when nothing is under way, which from now on it is."""
        with self._mutex:
            if not self._busy:
                self._busy = True
                return None
            waiter = _Waiter(request)
            self._queue.append(waiter)
            return waiter

    def _wait(self, waiter: _Waiter) -> ReserveResult:
        try:
            signalled = waiter.signal.acquire(timeout=self._patience)
            if not signalled and self._withdraw(waiter):
                return self._run([waiter.request])[0]
            if not signalled:  # it is called to lead, or its batch is under way
                waiter.signal.acquire()
        except BaseException:
            if not self._withdraw(waiter) and waiter.leads:
                self._end_batch(waiter, [])
            raise
        return self._lead(waiter) if waiter.leads else waiter.result()

    def _withdraw(self, waiter: _Waiter) -> bool:
        """Leave the queue; False for who is called to lead, or whose batch is under way."""
        with self._mutex:
            if waiter.leads or waiter not in self._queue:
                return False
            self._queue.remove(waiter)
            return True

    def _lead(self, waiter: _Waiter) -> ReserveResult:
        """Run the queue as one batch; whatever happens to this thread, the others get an outcome or go on waiting."""
        batch: list[_Waiter] = []
        try:
            batch = self._take(waiter.language)
            self._judge(batch)
        finally:
            self._end_batch(waiter, batch)
        return waiter.result()

    def _take(self, language: str | None) -> list[_Waiter]:
        """Those who wait, the first first. A refusal is written in the leader's language, so others have to wait."""
        taken: list[_Waiter] = []
        left: deque[_Waiter] = deque()
        with self._mutex:
            while self._queue and len(taken) < self._most:
                waiter = self._queue.popleft()
                (taken if waiter.language == language else left).append(waiter)
            self._queue.extendleft(reversed(left))
        return taken

    def _judge(self, batch: Sequence[_Waiter]) -> None:
        """Give each its outcome. When the batch as a whole fails, only those who fail alone too are to blame."""
        try:
            results = self._run([waiter.request for waiter in batch])
        except Exception as fault:
            if len(batch) == 1:
                raise
            log.warning("A batch of %s reservations failed (%r); each is tried alone.", len(batch), fault)
            connection.close_if_unusable_or_obsolete()
            for waiter in batch:
                waiter.outcome = self._alone(waiter.request)
        else:
            for waiter, result in zip(batch, results, strict=True):
                waiter.outcome = result

    def _alone(self, request: ReservationRequest) -> ReserveResult | Exception:
        try:
            return self._run([request])[0]
        except Exception as fault:  # noqa: BLE001 - it is raised again in the thread whose request this is
            return fault

    def _end_batch(self, leader: _Waiter, batch: Sequence[_Waiter]) -> None:
        """Let the next batch begin, and those of this one go; who has no outcome queues again, as the first."""
        followers = [waiter for waiter in batch if waiter is not leader]
        with self._mutex:
            if not batch:  # the leader has come to grief before it took anybody
                self._queue.remove(leader)
            self._queue.extendleft(reversed([waiter for waiter in followers if waiter.outcome is None]))
        self._hand_over()
        for follower in followers:
            if follower.outcome is not None:
                follower.signal.release()

    def _hand_over(self) -> None:
        """The batch is over; of those who speak the language of the first in the queue, one leads the next."""
        _thread.batches_led += 1
        with self._mutex:
            if not self._queue:
                self._busy = False
                return
            language = self._queue[0].language
            able = (waiter for waiter in self._queue if waiter.language == language)
            following = max(islice(able, self._most), key=_experience)
            following.leads = True
            following.signal.release()


def _experience(waiter: _Waiter) -> int:
    return waiter.batches_led


_GROUP = Group(reserve)
