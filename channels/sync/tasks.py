"""What wakes up when a listing's target changes."""

from celery import shared_task

from channels.sync import actions, publisher
from core.queue import nudge_taken


@shared_task(name=actions.PUBLISH)
def publish_shop(shop_id: int) -> None:
    """Send what waits for a shop."""
    nudge_taken(actions.PUBLISH, shop_id)
    publisher.publish_shop(shop_id)


@shared_task(name="channels.sync.tasks.publish_pending")
def publish_pending() -> None:
    """Wake the publisher of every shop with a number to send."""
    actions.request_due()
