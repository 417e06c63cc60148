"""What brings versions into force and takes them out of it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict
from strategies.actions.changing import Changing, changing, lock_kind
from strategies.actions.contents import check_publishable
from strategies.actions.drafts import Verb, add_version, content_of, log
from strategies.models import Strategy, StrategyVersion

State = StrategyVersion.State


def publish_version(version: StrategyVersion, *, at: datetime | None = None, actor: str) -> StrategyVersion:
    """Bring a draft into force, now or at a time to come; the version that was in force is retired then.

    InvalidInput when the content doesn't fit any more or can never hold, Conflict when it has been retired.
    A version that is in force already stays as it is. The version as it is then.
    """
    kind = version.strategy.kind
    if at is not None and at > timezone.now():
        return _plan(version, at, actor)
    with changing(kind, actor) as change:
        fresh = _reload(version)
        if fresh.state != State.PUBLISHED:
            put_in_force(fresh, change)
            change.note(Verb.PUBLISHED, fresh.strategy, fresh)
    return fresh


@transaction.atomic
def cancel_plan(version: StrategyVersion, *, actor: str, reason: str = "") -> None:
    """Don't publish a planned version after all; it stays as a draft."""
    lock_kind(version.strategy.kind)
    fresh = _reload(version)
    if fresh.state != State.DRAFT or fresh.publish_at is None:
        raise Conflict(_("This version isn't planned."))
    _set_plan(fresh, None, "")
    log(Verb.UNPLANNED, fresh.strategy, fresh, actor, **({"reason": reason} if reason else {}))


def roll_back(strategy: Strategy, to_version: StrategyVersion, *, actor: str) -> StrategyVersion:
    """Say again what an earlier version said: as a new version, which is in force at once.

    Conflict when the version was never in force, or still is.
    """
    with changing(strategy.kind, actor) as change:
        old = _reload(to_version)
        if old.strategy_id != strategy.pk or old.state == State.DRAFT:
            raise Conflict(_("Only a version that was in force before can be rolled back to."))
        if old.state == State.PUBLISHED:
            raise Conflict(_("This version is in force."))
        new = add_version(strategy, content_of(old), actor)
        put_in_force(new, change)
        change.note(Verb.ROLLED_BACK, strategy, new, number=old.number)
    return new


def retire_strategy(strategy: Strategy, *, actor: str) -> int:
    """Take a strategy out of force, and forget its plans; how many SKUs have got another winner.

    Conflict when it neither is in force nor has plans.
    """
    with changing(strategy.kind, actor) as change:
        if not take_out_of_force(strategy, change):
            raise Conflict(_("This strategy isn't in force."))
    return change.marked


def reorder(kind: str, strategy_ids: Sequence[int], *, actor: str) -> int:
    """Put all strategies of a kind into this order; how many SKUs have got another winner.

    Conflict when these aren't all its strategies.
    """
    with changing(kind, actor) as change:
        put_in_order(strategy_ids, change)
    return change.marked


def put_in_force(version: StrategyVersion, change: Changing) -> None:
    """Publish a draft in place of the version in force."""
    if version.state != State.DRAFT:
        raise Conflict(_("This version has been retired. Roll back to it instead."))
    check_publishable(version)
    _retire(version.strategy, change)
    version.state = State.PUBLISHED
    version.published_at = change.at
    version.published_by = change.actor
    version.save(update_fields=["state", "published_at", "published_by"])


def take_out_of_force(strategy: Strategy, change: Changing) -> bool:
    """Retire the version in force and forget plans; whether there was anything."""
    planned = strategy.versions.filter(state=State.DRAFT, publish_at__isnull=False)
    forgotten = planned.update(publish_at=None, planned_by="")
    retired = _retire(strategy, change)
    if retired or forgotten:
        change.note(Verb.RETIRED, strategy, retired)
    return bool(retired or forgotten)


def put_in_order(strategy_ids: Sequence[int], change: Changing) -> None:
    """Number the strategies from 1."""
    strategies = Strategy.objects.filter(kind=change.kind).in_bulk()
    if sorted(strategy_ids) != sorted(strategies):
        raise Conflict(_("The strategies aren't those of a moment ago. Load the page again and put them in order."))
    moved = []
    for position, strategy_id in enumerate(strategy_ids, start=1):
        strategy = strategies[strategy_id]
        if strategy.position != position:
            strategy.position = position
            moved.append(strategy)
    if moved:
        Strategy.objects.bulk_update(moved, ["position"])
        change.note(Verb.REORDERED)


def _plan(version: StrategyVersion, at: datetime, actor: str) -> StrategyVersion:
    with transaction.atomic():
        lock_kind(version.strategy.kind)
        fresh = _reload(version)
        if fresh.state != State.DRAFT:
            raise Conflict(_("Only a draft can be planned."))
        check_publishable(fresh)
        _set_plan(fresh, at, actor)
        log(Verb.PLANNED, fresh.strategy, fresh, actor, publish_at=at)
    return fresh


def _set_plan(version: StrategyVersion, at: datetime | None, actor: str) -> None:
    version.publish_at, version.planned_by = at, actor
    version.save(update_fields=["publish_at", "planned_by"])


def _retire(strategy: Strategy, change: Changing) -> StrategyVersion | None:
    version = strategy.versions.filter(state=State.PUBLISHED).first()
    if version is not None:
        version.state = State.RETIRED
        version.retired_at = change.at
        version.retired_by = change.actor
        version.save(update_fields=["state", "retired_at", "retired_by"])
    return version


def _reload(version: StrategyVersion) -> StrategyVersion:
    """The version as it is once the kind is locked."""
    return StrategyVersion.objects.select_related("strategy").get(pk=version.pk)
