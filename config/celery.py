"""The task queue: one Celery app, its queues and what beat sends."""

import os

from celery import Celery
from celery.schedules import crontab

from config.startup import ensure_services
from core.heartbeat import WorkerPulse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
ensure_services()

app = Celery("onepool")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_default_queue="bulk",
    task_routes={
        "strategies.*": {"queue": "stock"},
        "inventory.*": {"queue": "stock"},
        "channels.cascade.*": {"queue": "stock"},
        "channels.reservations.*": {"queue": "stock"},
        "channels.sync.*": {"queue": "publish"},
    },
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    task_serializer="json",
    accept_content=["json"],
    beat_scheduler="core.heartbeat:BeatScheduler",
)
app.steps["consumer"].add(WorkerPulse)
# Beat only sweeps up what a lost nudge left behind; commits nudge the workers themselves.
app.conf.beat_schedule = {
    "sweep-dirty-skus": {
        "task": "channels.cascade.tasks.recompute_dirty",
        "schedule": 2.0,
        "options": {"queue": "stock", "expires": 2},
    },
    "recompute-all": {
        "task": "channels.cascade.tasks.recompute_all",
        "schedule": crontab(hour="3", minute="30"),
        "options": {"queue": "stock", "expires": 3600},
    },
    "sweep-pool-windows": {
        "task": "inventory.supply.tasks.apply_pool_windows",
        "schedule": 5.0,
        "options": {"queue": "stock", "expires": 5},
    },
    # On the minute: hours and days begin there.
    "publish-planned-strategies": {
        "task": "strategies.tasks.apply_due",
        "schedule": crontab(),
        "options": {"queue": "stock", "expires": 60},
    },
    "apply-the-clock-to-strategies": {
        "task": "strategies.tasks.apply_clock",
        "schedule": crontab(),
        "options": {"queue": "stock", "expires": 60},
    },
    "sweep-targets": {
        "task": "channels.sync.tasks.publish_pending",
        "schedule": 2.0,
        "options": {"queue": "publish", "expires": 2},
    },
    "sweep-expired-holds": {
        "task": "inventory.ledger.tasks.expire_holds",
        "schedule": 10.0,
        "options": {"queue": "stock", "expires": 10},
    },
    "sweep-expired-reservations": {
        "task": "channels.reservations.tasks.expire_reservations",
        "schedule": 10.0,
        "options": {"queue": "stock", "expires": 10},
    },
    "reseat-holds": {
        "task": "channels.reservations.tasks.reseat_holds",
        "schedule": 60.0,
        "options": {"queue": "stock", "expires": 60},
    },
    "retry-backorders": {
        "task": "channels.reservations.tasks.retry_backorders",
        "schedule": 60.0,
        "options": {"queue": "stock", "expires": 60},
    },
    "refresh-recent-figures": {
        "task": "channels.figures.tasks.refresh_recent",
        "schedule": crontab(minute="7"),
        "options": {"queue": "bulk", "expires": 3000},
    },
    "refresh-figures": {
        "task": "channels.figures.tasks.refresh_all",
        "schedule": crontab(hour="2", minute="40"),
        "options": {"queue": "bulk", "expires": 3600},
    },
    # Not on the queue "bulk": one long job there would keep its own lost fellows waiting.
    "sweep-jobs": {"task": "core.tasks.sweep_jobs", "schedule": 30.0, "options": {"queue": "stock", "expires": 30}},
    "audit": {
        "task": "core.audit.tasks.run_audit",
        "schedule": crontab(hour="4", minute="30"),
        "options": {"queue": "bulk", "expires": 3600},
    },
    "purge-idempotency-keys": {
        "task": "core.tasks.purge_idempotency_keys",
        "schedule": crontab(minute="17"),
        "options": {"queue": "bulk", "expires": 3600},
    },
}
