"""How far a job is, visible while the one transaction of its work is still open."""

import logging
from threading import Event, Thread
from types import TracebackType
from typing import Self

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from core.models import Job

log = logging.getLogger(__name__)
WRITE_EVERY = 0.25
ALIVE_EVERY = 5.0


class Progress:
    """What a job's handler reports; a thread with a connection of its own writes it four times a second at most.

    The thread is also the job's sign of life, so a worker that was killed is noticed by its silence.
    """

    def __init__(self, job: Job) -> None:
        self.total, self.done, self.message = job.total, 0, ""
        self._job, self._attempt = job.pk, job.attempts
        self._stopped = Event()
        self._thread = Thread(target=self._report, name=f"job-{job.pk}", daemon=True)

    def start(self, total: int, message: str = "") -> None:
        """Begin a stage of `total` steps (0 when unknown), described by a short sentence."""
        self.done, self.total, self.message = 0, total, message or self.message

    def advance(self, steps: int = 1) -> None:
        """`steps` more are done."""
        self.done += steps

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _report(self) -> None:
        written: tuple[int, int, str] | None = None
        silent = 0.0
        try:
            while not self._stopped.wait(WRITE_EVERY):
                silent += WRITE_EVERY
                seen = (self.total, self.done, self.message)
                if seen != written or silent >= ALIVE_EVERY:
                    self._write(*seen)
                    written, silent = seen, 0.0
        finally:
            connection.close()

    def _write(self, total: int, done: int, message: str) -> None:
        """Skip a row that the work itself has locked: waiting for it here would be a deadlock with the work."""
        row = Job.objects.filter(pk=self._job, attempts=self._attempt, state=Job.State.RUNNING)
        free = row.select_for_update(skip_locked=True).values("pk")
        shown = min(done, total) if total else done
        try:
            with transaction.atomic():
                Job.objects.filter(pk__in=free).update(
                    total=total, done=shown, message=message, alive_at=timezone.now()
                )
        except OperationalError:
            connection.close()
            log.warning("The progress of job %s could not be written.", self._job)
