"""Sent by beat: ends what is over, moves holds to better rows, and tries what is on backorder again."""

from celery import shared_task

from channels.reservations import actions
from channels.reservations.actions import shortages


@shared_task
def expire_reservations() -> None:
    """Give back the units of every reservation whose time is over."""
    actions.expire_reservations()


@shared_task
def reseat_holds() -> None:
    """Move provisional holds onto rows that fewer pools share."""
    actions.reseat_holds()


@shared_task
def retry_backorders() -> None:
    """Reserve what is on backorder as far as stock has come, the oldest first."""
    shortages.retry_backorders()
