"""Runs simulations in a worker and keeps their results."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.simulation.actions.storing import store_rows
from channels.simulation.actions.trying import STEPS, try_edits
from channels.simulation.models import Simulation
from channels.simulation.rules.edits import read_edits
from core.apart import apart
from core.errors import Conflict, NotFound
from core.jobs import create_job, job_handler
from core.models import Job
from core.progress import Progress

JOB = "simulation"


@transaction.atomic
def run_simulation(simulation_id: int, *, user: AbstractBaseUser) -> Job:
    """Try the edits in a worker. Conflict while they are being tried, and when there is nothing to try."""
    simulation = Simulation.objects.select_for_update().get(pk=simulation_id)
    if simulation.job and simulation.job.state in (Job.State.QUEUED, Job.State.RUNNING):
        raise Conflict(_("This simulation is running already."))
    if not simulation.edits:
        raise Conflict(_("There is nothing to try yet. Add an edit first."))
    title = _("Simulation: %(name)s") % {"name": simulation.name}
    simulation.job = create_job(JOB, title, params={"simulation": simulation.pk}, user=user)
    simulation.save(update_fields=["job"])
    return simulation.job


@job_handler(JOB)
def carry_out(job: Job, progress: Progress) -> dict[str, Any]:
    """Try the edits of a simulation; its result replaces the one before."""
    # The job's own transaction can't be one snapshot: it has to see how its row fares.
    return run_now(job, progress, apart)


def run_now(job: Job, progress: Progress, where: Callable[[Callable[[], Any]], Any]) -> dict[str, Any]:
    """As `carry_out`, with the edits tried by `where`."""
    simulation = Simulation.objects.filter(pk=job.params["simulation"]).first()
    if simulation is None:
        raise NotFound(_("The simulation has been deleted."))
    edits = read_edits(simulation.edits)
    actor = job.created_by.get_username() if job.created_by else ""
    trying = len(edits) + STEPS
    progress.start(2 * trying, _("Trying the edits"))
    outcome = where(lambda: try_edits(edits, actor=actor, done=progress.advance))
    progress.message = _("Writing the result")
    store_rows(simulation.pk, outcome.numbers, outcome.targets, lambda part: _advance(progress, trying, part))
    Simulation.objects.filter(pk=simulation.pk).update(
        computed_edits=simulation.edits, computed_at=timezone.now(), basis=outcome.basis, summary=outcome.summary
    )
    progress.message = _("Simulated")
    return {"simulation": simulation.pk, "numbers": outcome.numbers.sku_id.size}


def _advance(progress: Progress, half: int, part: float) -> None:
    """The second half of the way is the writing, of which this `part` is done."""
    progress.done = half + int(half * part)
