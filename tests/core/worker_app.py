"""The product's Celery app with a job that stays in its transaction until it is let go."""

import os
import time
from pathlib import Path

import django
from django.conf import settings

from config.celery import app

settings.REDIS_URL = os.environ["TEST_REDIS_URL"]
app.conf.broker_url = os.environ["TEST_BROKER_URL"]
django.setup()

from core.jobs import job_handler  # noqa: E402 - models can't be imported earlier
from core.models import IdempotencyKey, Job  # noqa: E402
from core.progress import Progress  # noqa: E402

__all__ = ["app"]


@job_handler("test.slow")
def work_slowly(job: Job, progress: Progress) -> dict[str, int]:
    progress.start(10, "Counting")
    row = {"route": "test", "request_hash": "", "status": 0, "body": b""}
    for number in range(10):
        IdempotencyKey.objects.create(api_key_id=job.params["key"], key=f"{job.attempts}-{number}", **row)
        progress.advance()
        if number == 4:
            while not Path(job.params["gate"]).exists():
                time.sleep(0.05)
    return {"attempt": job.attempts}
