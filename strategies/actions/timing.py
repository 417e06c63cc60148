"""What is done every minute: planned versions start, and what time and edits of places have changed is marked."""

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from core.errors import DomainError
from strategies.actions.changing import changing, lock_kind, mark, settle
from strategies.actions.drafts import Verb
from strategies.actions.publishing import cancel_plan, put_in_force
from strategies.models import StrategyVersion
from strategies.registry import Kind, all_kinds
from strategies.selectors.rulesets import read_ruleset

log = logging.getLogger(__name__)


def apply_due(now: datetime | None = None) -> int:
    """Publish the planned versions whose time has come, the earliest first; how many.

    One that can't be published any more is no longer planned; the log says why.
    """
    moment = now or timezone.now()
    due = StrategyVersion.objects.filter(state=StrategyVersion.State.DRAFT, publish_at__lte=moment)
    return sum(_publish_due(version, moment) for version in due.select_related("strategy").order_by("publish_at", "pk"))


def apply_clock(now: datetime | None = None) -> int:
    """Mark the SKUs that have got another winner by time or by edits of places since the last look; how many."""
    return sum(_apply_clock(kind, now) for kind in all_kinds())


def _publish_due(version: StrategyVersion, moment: datetime) -> bool:
    try:
        with changing(version.strategy.kind, version.planned_by) as change:
            fresh = StrategyVersion.objects.select_related("strategy").get(pk=version.pk)
            due = fresh.state == StrategyVersion.State.DRAFT and fresh.publish_at == version.publish_at
            if due:
                put_in_force(fresh, change)
                change.note(Verb.PUBLISHED, fresh.strategy, fresh, planned_for=version.publish_at)
    except DomainError as error:
        log.warning("%s was planned for %s, but can't be published: %s", version, version.publish_at, error.detail)
        cancel_plan(version, actor=version.planned_by, reason=error.detail)
        return False
    return due


@transaction.atomic
def _apply_clock(kind: Kind, now: datetime | None) -> int:
    token = lock_kind(kind.key)
    return mark(kind.key, settle(token, read_ruleset(kind.key), now or timezone.now()))
