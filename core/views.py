"""JSON for the admin's own pages."""

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from core.models import Job


@require_GET
@never_cache
def job_state(request: HttpRequest, job_id: int) -> JsonResponse:
    """How far a job is, for its progress bar: staff see their own jobs, and all with the right to view jobs.

    Answers id, state, label, total, done, percent (null while the total is unknown), message, finished and, once
    finished, result and output (the file's address or null).
    """
    user = request.user
    if not isinstance(user, AbstractUser) or not (user.is_active and user.is_staff):
        raise PermissionDenied
    job = Job.objects.filter(pk=job_id).first()
    if job is None or (job.created_by_id != user.pk and not user.has_perm("core.view_job")):
        raise Http404
    finished = job.state in (Job.State.DONE, Job.State.FAILED)
    return JsonResponse(
        {
            "id": job.pk,
            "state": job.state,
            "label": job.get_state_display(),
            "total": job.total,
            "done": job.done,
            "percent": _percent(job),
            "message": job.message,
            "finished": finished,
            "result": job.result if finished else {},
            "output": job.output.url if finished and job.output else None,
        }
    )


def _percent(job: Job) -> int | None:
    if job.state == Job.State.DONE:
        return 100
    return job.done * 100 // job.total if job.total else None
