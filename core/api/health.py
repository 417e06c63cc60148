"""`GET /health/live` and `/health/ready`, without a key: what a load balancer and an operator ask."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema

from core.api.problems import Problem, render_problem
from core.health import check_health

router = Router(tags=["health"])


class Live(Schema):
    """The process answers."""

    status: str


class Ready(Schema):
    """Everything is up."""

    status: str
    checks: dict[str, str]


@router.get("/live", response=Live, operation_id="health_live", summary="Does this process answer?")
def live(request: HttpRequest) -> dict[str, str]:
    """Answer without looking at anything else."""
    return {"status": "alive"}


@router.get("/ready", response=Ready, operation_id="health_ready", summary="Is everything up?")
def ready(request: HttpRequest) -> dict[str, object] | HttpResponse:
    """200 when database, broker, a worker of each queue and beat are up, else 503: `errors` names what is down."""
    health = check_health()
    if health.faults:
        sentences = " ".join(str(fault.message) for fault in health.faults)
        return render_problem(Problem(503, _("Not ready: %(what)s") % {"what": sentences}, health.faults))
    return {"status": "ready", "checks": health.checks}
