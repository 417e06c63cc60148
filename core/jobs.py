"""Jobs: long work in a worker, all or nothing, with progress, and never lost or done twice.

A job's work and its state "done" commit together. A worker that dies leaves nothing behind; its job is
found by its silence, queued again and given up after `MAX_ATTEMPTS`.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.files import File
from django.db import DataError, IntegrityError, OperationalError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core.api.problems import describe
from core.errors import DomainError, FieldError
from core.models import Job
from core.progress import Progress
from core.queue import enqueue

log = logging.getLogger(__name__)
TASK = "core.tasks.run_job"
MAX_ATTEMPTS = 3
LOST_AFTER = timedelta(seconds=60)
RESEND_AFTER = timedelta(seconds=120)
MAX_ERRORS = 1000

Handler = Callable[[Job, Progress], dict[str, Any] | None]
_HANDLERS: dict[str, Handler] = {}


class JobTaken(Exception):
    """While this worker was silent its job was given to another, whose work counts."""


def job_handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does the work of jobs of `kind`.

    It gets the job (with `params` and `upload`) and its `Progress`, runs inside one transaction, and answers what
    `Job.result` shall hold. It may put a file into `job.output` with `save(..., save=False)`. A domain error ends the
    job as failed with its sentence. It may run again after a crash, so its effects must all be in that transaction.
    """

    def register(handler: Handler) -> Handler:
        if _HANDLERS.setdefault(kind, handler) is not handler:
            message = f"There are two handlers for jobs of kind {kind!r}."
            raise ValueError(message)
        return handler

    return register


def create_job(
    kind: str,
    title: str,
    *,
    params: dict[str, Any] | None = None,
    upload: "File[bytes] | None" = None,
    user: AbstractBaseUser | None = None,
) -> Job:
    """Queue a job of `kind`; a worker starts it once the transaction commits. It speaks the present language."""
    job = Job(kind=kind, title=title[:200], params=params or {}, alive_at=timezone.now())
    job.language = translation.get_language() or "en"
    job.created_by_id = user.pk if user else None
    if upload is not None:
        job.upload.save(upload.name or kind, upload, save=False)
    job.save(force_insert=True)
    enqueue(TASK, job.pk)
    return job


def run_job(job_id: int) -> None:
    """Do the work of a queued job, unless another worker has it already.

    What nobody foresaw fails the job and is raised on. A lost database or a deadlock leaves it to `sweep_jobs`.
    """
    job = _claim(job_id)
    if job is None:
        return
    with translation.override(job.language):
        try:
            _work(job)
        except JobTaken:
            log.warning("Job %s went on in another worker; what this one did is undone.", job.pk)
        except DomainError as fault:
            _fail(job, str(fault.detail), fault.errors)
        except (IntegrityError, DataError) as fault:
            _fail(job, describe(fault).detail)
        except OperationalError:
            raise
        except Exception:
            _fail(job, _("Something went wrong on our side; nothing was changed. The log tells more."))
            raise


def sweep_jobs() -> int:
    """Send again the jobs whose message or worker is lost; answers how many."""
    now = timezone.now()
    swept = 0
    running = Job.objects.filter(state=Job.State.RUNNING, alive_at__lt=now - LOST_AFTER)
    for job in running.filter(attempts__gte=MAX_ATTEMPTS):
        with translation.override(job.language):
            tries = {"tries": MAX_ATTEMPTS}
            _fail(job, _("The work broke off %(tries)s times and was given up; nothing was changed.") % tries)
    for job in running.filter(attempts__lt=MAX_ATTEMPTS):
        swept += _send_again(job, state=Job.State.QUEUED, done=0, alive_at=now)
    for job in Job.objects.filter(state=Job.State.QUEUED, alive_at__lt=now - RESEND_AFTER):
        swept += _send_again(job, alive_at=now)
    return swept


def _claim(job_id: int) -> Job | None:
    now = timezone.now()
    queued = Job.objects.filter(pk=job_id, state=Job.State.QUEUED)
    started = queued.update(state=Job.State.RUNNING, started_at=now, alive_at=now, attempts=F("attempts") + 1)
    return Job.objects.get(pk=job_id) if started else None


def _work(job: Job) -> None:
    handler = _HANDLERS[job.kind]
    with transaction.atomic():
        with Progress(job) as progress:
            result = handler(job, progress)
        ended = _mine(job).update(
            state=Job.State.DONE,
            total=progress.total,
            done=progress.total,
            message=progress.message,
            result=result or {},
            output=job.output.name or "",
            finished_at=timezone.now(),
        )
        if not ended:
            raise JobTaken


def _mine(job: Job) -> "QuerySet[Job]":
    """The job's row, as long as this attempt is the one that counts."""
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)


def _fail(job: Job, sentence: str, errors: Iterable[FieldError] = ()) -> None:
    told = [{"path": error.path, "message": str(error.message), **(error.extra or {})} for error in errors]
    result = {"errors": told[:MAX_ERRORS], "error_count": len(told)} if told else {}
    _mine(job).update(state=Job.State.FAILED, message=sentence, result=result, finished_at=timezone.now())


def _send_again(job: Job, **changes: Any) -> int:
    """Only if nothing has happened to the job since it was read; answers 1 or 0."""
    unchanged = Job.objects.filter(pk=job.pk, state=job.state, attempts=job.attempts, alive_at=job.alive_at)
    with transaction.atomic():
        sent = unchanged.update(**changes)
        if sent:
            enqueue(TASK, job.pk)
    return sent
