"""Sent by beat: the nightly audit."""

import logging

from celery import shared_task

from core.audit import actions

log = logging.getLogger(__name__)
CLOCK = "beat"


@shared_task(name="core.audit.tasks.run_audit")
def run_audit() -> None:
    """Audit everything, and shout into the log when something is wrong."""
    run = actions.run_audit(actions.choose_checks(), actor=CLOCK)
    if run.violation_count:
        log.error("The nightly audit has found %s violations; see its page or `manage.py audit`.", run.violation_count)
