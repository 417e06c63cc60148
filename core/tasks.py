"""What runs in the workers: jobs, and the sweeps that beat sends."""

from celery import shared_task

from core import jobs
from core.api.idempotency import purge_keys


@shared_task
def run_job(job_id: int) -> None:
    """Do the work of one queued job."""
    jobs.run_job(job_id)


@shared_task
def sweep_jobs() -> None:
    """Send again the jobs whose message or worker is lost."""
    jobs.sweep_jobs()


@shared_task
def purge_idempotency_keys() -> None:
    """Forget the answers that no retry may ask for any more."""
    purge_keys()
