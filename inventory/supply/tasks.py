"""What the clock does to dispatch pools."""

from celery import shared_task

from inventory.supply import actions


@shared_task(name="inventory.supply.tasks.apply_pool_windows")
def apply_pool_windows() -> None:
    """Mark the SKUs of pools that have opened or closed."""
    actions.apply_pool_windows()
