"""Sent by beat: gives back what holds whose time is over have taken."""

from celery import shared_task

from inventory.ledger import actions


@shared_task(name="inventory.ledger.tasks.expire_holds")
def expire_holds() -> None:
    """Close every hold whose time is over."""
    actions.expire_holds()
