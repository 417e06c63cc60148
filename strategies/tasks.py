"""What the clock does to strategies."""

from celery import shared_task

from strategies import actions


@shared_task
def apply_due() -> None:
    """Publish the planned versions whose time has come."""
    actions.apply_due()


@shared_task
def apply_clock() -> None:
    """Mark the SKUs for which time, or an edit of places, has brought another strategy."""
    actions.apply_clock()
