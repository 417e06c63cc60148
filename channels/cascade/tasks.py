"""What wakes up when a SKU is marked."""

import time

from celery import shared_task

from channels.cascade import actions
from core.queue import nudge_taken

NAME = "channels.cascade.tasks.recompute_dirty"
# A batch costs the same for one SKU as for fifty, here and at every platform behind it.
GATHER_SECONDS = 0.05


@shared_task(name=NAME)
def recompute_dirty() -> None:
    """Recompute until no dirty SKU waits: the first at once, those that follow gathered."""
    nudge_taken(NAME)
    while (claimed := actions.recompute_dirty()) > 0:
        if claimed < actions.CLAIM:
            time.sleep(GATHER_SECONDS)


@shared_task
def recompute_all() -> None:
    """Compute every number afresh: whatever a crash may have left behind is put right within a day."""
    actions.recompute()
