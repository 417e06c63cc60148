"""What wakes up when a SKU is marked."""

from celery import shared_task

from channels.cascade import actions
from core.queue import nudge_taken

NAME = "channels.cascade.tasks.recompute_dirty"


@shared_task(name=NAME)
def recompute_dirty() -> None:
    """Recompute until no dirty SKU waits."""
    nudge_taken(NAME)
    while actions.recompute_dirty():
        pass
