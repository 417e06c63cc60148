"""Runs an audit and keeps what it found; repairs what can be repaired."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.apart import apart
from core.audit.checks import Check, Violation, all_checks
from core.audit.models import AuditRun
from core.audit.selectors import JOB, KEPT, Result, find_unfinished, inspect
from core.errors import Conflict, InvalidInput
from core.jobs import create_job, job_handler
from core.models import Job
from core.progress import Progress


class Repairs(NamedTuple):
    """What somebody has confirmed, and how many of them were still wrong and so have been made."""

    confirmed: list[tuple[Check, Violation]]
    made: int


def choose_checks(names: Iterable[str] = ()) -> list[Check]:
    """The checks with these names, all by default. `InvalidInput` for a name that no check has."""
    known, wanted = all_checks(), set(names)
    if unknown := sorted(wanted - known.keys()):
        raise InvalidInput(
            _("There is no check “%(name)s”. There are: %(known)s.")
            % {"name": unknown[0], "known": ", ".join(sorted(known))}
        )
    return [check for name, check in known.items() if not wanted or name in wanted]


def run_audit(
    checks: Sequence[Check], *, actor: str, repairs: Repairs | None = None, done: Callable[[], object] = int
) -> AuditRun:
    """Run these checks and keep what they found, and the repairs made just before if there were any."""
    started = timezone.now()
    return _keep(inspect(checks, done=done), started, actor=actor, repairs=repairs)


def repair_violations(check: Check, violations: Sequence[Violation], *, actor: str) -> int:
    """Put right what the check proposes for these violations and is still wrong; how many it were."""
    if check.repair is None:
        raise InvalidInput(_("The check “%(name)s” repairs nothing.") % {"name": check.name})
    with transaction.atomic():
        return check.repair(violations, actor)


@transaction.atomic
def start_audit(*, user: AbstractBaseUser) -> Job:
    """Queue an audit with all checks. `Conflict` while another one waits or runs."""
    if find_unfinished():
        raise Conflict(_("An audit is running already."))
    return create_job(JOB, _("Audit"), user=user)


@job_handler(JOB)
def carry_out(job: Job, progress: Progress) -> dict[str, Any]:
    """Audit in a job; its result names the run."""
    checks = choose_checks()
    progress.start(len(checks), _("Checking"))
    started = timezone.now()
    # The job's own transaction can't be one snapshot: it has to see how its row fares.
    results = apart(lambda: inspect(checks, done=progress.advance))
    actor = job.created_by.get_username() if job.created_by else ""
    run = _keep(results, started, actor=actor)
    progress.message = _("Checked")
    return {"audit": run.pk, "violations": run.violation_count}


def _keep(results: Sequence[Result], started: datetime, *, actor: str, repairs: Repairs | None = None) -> AuditRun:
    return AuditRun.objects.create(
        started_at=started,
        finished_at=timezone.now(),
        complete={result.check.name for result in results} == all_checks().keys(),
        check_count=len(results),
        violation_count=sum(result.found.total for result in results),
        results=[
            {"check": check.name, "total": found.total, "seconds": round(seconds, 3)}
            for check, found, seconds in results
        ],
        violations=[_plain(check, each) for check, found, _seconds in results for each in found.violations],
        repaired=repairs.made if repairs else None,
        repairs=[_plain(*each) for each in repairs.confirmed[:KEPT]] if repairs else [],
        actor=actor,
    )


def _plain(check: Check, violation: Violation) -> dict[str, Any]:
    return {
        "check": check.name,
        "where": violation.where,
        "sentence": violation.sentence,
        "facts": violation.facts,
        "proposal": violation.proposal,
    }
