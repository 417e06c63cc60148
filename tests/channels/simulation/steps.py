"""Short ways to make, run and read simulations in the tests of their pages."""

from django.contrib.auth.models import User
from django.urls import reverse

from channels.simulation.actions import run_simulation
from channels.simulation.actions.running import run_now
from core.models import Job
from core.progress import Progress
from strategies.actions import create_strategy


def allocation(code="COATS", ratio=40):
    return create_strategy(
        kind="allocation",
        code=code,
        name=code.title(),
        conditions={},
        action={"shares": [{"ratio": ratio}]},
        actor="ann",
    )


def run(simulation):
    """As a worker does, in the transaction of the test."""
    job = run_simulation(simulation.pk, user=User.objects.get(username="boss"))
    result = run_now(job, Progress(job), lambda work: work())
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, result=result)
    simulation.refresh_from_db()
    return result


def page_of(simulation):
    return reverse("admin:channels_simulation_change", args=[simulation.pk])


def rows_of(model, simulation):
    return list(model.objects.filter(simulation=simulation).values_list("before", "after", "difference"))
