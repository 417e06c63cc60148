"""Sent by beat: the figures follow the sales of the day every hour, and everything else at night."""

from celery import shared_task

from channels.figures import actions


@shared_task(name=actions.REFRESH)
def refresh_recent() -> None:
    """The sales of yesterday and today, and what follows from them."""
    actions.refresh_sales(2)
    actions.refresh_figures()


@shared_task
def refresh_all() -> None:
    """The sales of all the days that count: reservations are confirmed, and given back, later than they are made."""
    actions.refresh_sales()
    actions.refresh_figures()
