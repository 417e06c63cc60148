"""The frame of every verb that changes what is in force: one at a time for a kind, and what it changes is marked.

Whoever changes the rules of a kind locks the kind's row first. The SKUs whose winner isn't the same with the rules
before and after are marked in the same transaction. What rules ask about places is remembered with the kind, so that
edits of places are judged by whoever looks next.

Which these are is told by the facts as they are just then. A fact that changes at the same time is marked by whoever
changes it, but may be computed with the rules of before, because nobody else can see the new ones yet; so the facts are
looked at once more after the commit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

import numpy as np
from django.db import transaction
from django.utils import timezone

from strategies.models import Strategy, StrategyEvent, StrategyToken, StrategyVersion
from strategies.registry import find_kind
from strategies.rules.shapes import Int64s
from strategies.selectors.remembering import has_changed, read_places
from strategies.selectors.rulesets import Ruleset, read_ruleset
from strategies.selectors.turning import find_turned
from strategies.selectors.winners import affected_skus


@dataclass(slots=True)
class Changing:
    """A change under way: everything in it has one time and one actor."""

    kind: str
    actor: str
    at: datetime
    events: list[StrategyEvent] = field(default_factory=list)
    marked: int = 0  # known at the end: how many SKUs have got another winner

    def note(
        self,
        verb: StrategyEvent.Verb,
        strategy: Strategy | None = None,
        version: StrategyVersion | None = None,
        **details: Any,
    ) -> None:
        """Log what is done, with what is in force once all of it is done."""
        event = StrategyEvent(kind=self.kind, verb=verb, actor=self.actor, at=self.at, details=details)
        event.strategy, event.version = strategy, version
        self.events.append(event)


@contextmanager
def changing(kind: str, actor: str) -> Iterator[Changing]:
    """Do inside what changes the rules of the kind; the marks and the log are written at the end."""
    with transaction.atomic():
        token = lock_kind(kind)
        change = Changing(kind, actor, timezone.now())
        before = read_ruleset(kind)
        # What time and edits of places have done to the rules of before can't be told any more once they are gone.
        turned = settle(token, before, change.at)
        yield change
        after = read_ruleset(kind)
        affected = np.empty(0, np.int64)
        if before.version_ids != after.version_ids:
            affected = _affected(token, before, after, change.at)
            transaction.on_commit(partial(_mark_again, before, after, affected), robust=True)
        change.marked = int(affected.size)
        mark(kind, np.union1d(turned, affected))
        _write_events(change, after)


def lock_kind(kind: str) -> StrategyToken:
    """Wait for the others who change the rules of this kind, and keep them out until the transaction ends."""
    StrategyToken.objects.bulk_create(
        [StrategyToken(kind=kind, token=uuid4(), judged_at=timezone.now())], ignore_conflicts=True
    )
    return StrategyToken.objects.select_for_update().get(kind=kind)


def settle(token: StrategyToken, ruleset: Ruleset, now: datetime) -> Int64s:
    """The SKUs to be marked for what time and edits of places have done since the last look; the kind is locked."""
    kind, since, before = find_kind(token.kind), token.judged_at, token.places
    token.judged_at = max(now, since)
    # Read before the winners are: an edit in between is found twice, not never.
    token.places = read_places(kind, ruleset.facts, token.judged_at)
    moved = np.empty(0, np.int64)
    if token.judged_at > since:
        moved = find_turned(kind, ruleset, since, token.judged_at)
    if has_changed(before, token.places):
        edited = affected_skus(kind.key, ruleset, ruleset, since, token.judged_at, places=before)
        moved = np.union1d(moved, edited)
    token.save(update_fields=["judged_at", "places"])
    return moved


def _affected(token: StrategyToken, before: Ruleset, after: Ruleset, at: datetime) -> Int64s:
    """The SKUs that the rules of after decide otherwise; from here on, what these ask about places is remembered."""
    places = token.places
    token.places = read_places(find_kind(token.kind), after.facts, at)
    token.save(update_fields=["places"])
    return affected_skus(token.kind, before, after, at, at, places=places)


def mark(kind: str, sku_ids: Int64s) -> int:
    """Have the numbers of these SKUs recomputed; how many there are."""
    if sku_ids.size:
        find_kind(kind).mark(sku_ids.tolist())
    return int(sku_ids.size)


def _write_events(change: Changing, after: Ruleset) -> None:
    order = list(Strategy.objects.filter(kind=change.kind).order_by("position").values_list("pk", flat=True))
    for event in change.events:
        event.details |= {"in_force": list(after.version_ids), "order": order, "marked": change.marked}
    StrategyEvent.objects.bulk_create(change.events)


def _mark_again(before: Ruleset, after: Ruleset, marked: Int64s) -> None:
    now = timezone.now()
    missed = np.setdiff1d(affected_skus(before.kind, before, after, now, now), marked)
    with transaction.atomic():
        mark(before.kind, missed)
