"""Runs checks, and reads what past audits have found. Nothing here writes."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from core.audit.checks import Check, Found, Violation, all_checks
from core.audit.models import AuditRun
from core.bulk import allow_memory
from core.models import Job

JOB = "audit"  # the kind of its jobs
KEPT = 200  # violations of each check that an audit names; the others are counted
REPAIRED_AT_ONCE = 50_000
SECOND_LOOK = 2.0  # seconds
TOO_OLD = timedelta(days=2)


class Result(NamedTuple):
    """What a check has found, and how long it took in seconds."""

    check: Check
    found: Found
    seconds: float


class ResultLine(NamedTuple):
    """A kept result as a page shows it."""

    title: str
    total: int
    seconds: float


class ViolationLine(NamedTuple):
    """A kept violation as a page shows it, in the reader's language."""

    title: str
    where: str
    words: str
    proposed: str
    facts: dict[str, Any]


def inspect(checks: Sequence[Check], *, limit: int = KEPT, done: Callable[[], object] = int) -> list[Result]:
    """Run the checks, all on one state of the database; `done` is called after each.

    Other transactions neither wait nor are seen half done. In a transaction of the caller it is that one's view.
    """
    results = []
    with _one_snapshot():
        for check in checks:
            started = time.monotonic()
            found = check.find(limit)
            results.append(Result(check, found, time.monotonic() - started))
            done()
    return [_look_again(result, limit) if result.check.settles else result for result in results]


def find_repairable(check: Check) -> list[Violation]:
    """The violations that the check can put right, as of now."""
    (result,) = inspect([check], limit=REPAIRED_AT_ONCE)
    return [violation for violation in result.found.violations if violation.proposal]


def last_audit() -> AuditRun | None:
    """The latest audit with all checks."""
    return AuditRun.objects.filter(complete=True).first()


def find_unfinished() -> Job | None:
    """The audit that waits or runs in a job."""
    return Job.objects.filter(kind=JOB, state__in=[Job.State.QUEUED, Job.State.RUNNING]).first()


def is_too_old(run: AuditRun) -> bool:
    """Whether the nightly audit can't have run for days."""
    return run.finished_at < timezone.now() - TOO_OLD


def result_lines(run: AuditRun) -> list[ResultLine]:
    """What each check of a run has found."""
    return [ResultLine(_title(each["check"]), each["total"], each["seconds"]) for each in run.results]


def violation_lines(kept: Sequence[dict[str, Any]]) -> list[ViolationLine]:
    """The kept violations, or repairs, of a run."""
    return [_violation_line(dict(each)) for each in kept]


@contextmanager
def _one_snapshot() -> Iterator[None]:
    if connection.in_atomic_block:
        allow_memory()
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        allow_memory()
        yield


def _look_again(result: Result, limit: int) -> Result:
    """Only what is still wrong a moment later."""
    if not result.found.total:
        return result
    time.sleep(SECOND_LOOK)
    started = time.monotonic()
    with _one_snapshot():
        total, violations = result.check.find(limit)
    seconds = result.seconds + time.monotonic() - started
    if result.found.total <= limit:
        before = {violation.where for violation in result.found.violations}
        violations = [violation for violation in violations if violation.where in before]
        total = min(total, len(violations))
    return Result(result.check, Found(total, violations), seconds)


def _title(name: str) -> str:
    check = all_checks().get(name)
    return str(check.title) if check else name


def _violation_line(kept: dict[str, Any]) -> ViolationLine:
    violation = Violation(kept["where"], kept["sentence"], kept["facts"], kept["proposal"])
    # A fact whose name begins with an underscore serves the repair alone.
    shown = {name: value for name, value in violation.facts.items() if not name.startswith("_")}
    return ViolationLine(_title(kept["check"]), violation.where, violation.words(), violation.proposed(), shown)
