"""Which SKUs the passing of time alone has given another winner."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from strategies.registry import Kind, find_fact
from strategies.rules.clock import clock_truths, next_clock_edge
from strategies.rules.shapes import Axis, Int64s
from strategies.selectors.rulesets import Ruleset
from strategies.selectors.winners import affected_skus, business_time

MOST_MOMENTS = 50  # more of them cost more than to compute every SKU
LONGEST_GAP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Time:
    """What the rules of a kind have to do with time."""

    kind: Kind
    ruleset: Ruleset
    moving_places: frozenset[str]  # facts of places that the clock moves at any moment
    moves_daily: bool  # facts of SKUs count days

    def tell(self, at: datetime) -> tuple[Any, ...]:
        """Something that is equal at two moments only if no winner differs between them by time alone."""
        truths = tuple(clock_truths(matcher, at) for matcher in self.ruleset.matchers)
        return truths, at.date() if self.moves_daily else None, self._tell_places(at)

    def _tell_places(self, at: datetime) -> tuple[Any, ...]:
        if not self.moving_places:
            return ()
        columns = self.kind.load(self.moving_places, [], at).columns
        return tuple(
            (key, column.codes, column.values.tobytes(), None if column.offsets is None else column.offsets.tobytes())
            for key, column in sorted(columns.items())
        )

    def edges(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """The moments after `since` and up to `until` at which the clock says something else."""
        while since < until:
            found = [next_clock_edge(self.ruleset.matchers, since), self._midnight_after(since)]
            since = min((edge for edge in found if edge is not None), default=until)
            if since < until:
                yield since

    def _midnight_after(self, at: datetime) -> datetime | None:
        if not self.moves_daily:
            return None
        return datetime.combine(at.date() + timedelta(days=1), time(), at.tzinfo)


def find_turned(kind: Kind, ruleset: Ruleset, since: datetime, until: datetime) -> Int64s:
    """The ids of the SKUs, ascending, of which a cell has had another winner at some moment in between, or has one now.

    All SKUs after so long a time without a look that it can't be told.
    """
    facts = [find_fact(key) for key in ruleset.facts]
    moving = frozenset(fact.key for fact in facts if fact.moves and fact.axis in {Axis.PLACE, Axis.CLOCK})
    moves_daily = any(fact.moves and fact.axis in {Axis.SKU, Axis.PAIR} for fact in facts)
    rules = _Time(kind, ruleset, moving, moves_daily)
    moments = [business_time(since)]
    for edge in rules.edges(moments[0], business_time(until)):
        moments.append(edge)
        if len(moments) == MOST_MOMENTS:
            return _all_skus(kind, until)
    if moving and until - since > LONGEST_GAP:
        return _all_skus(kind, until)
    told = [(moment, rules.tell(moment)) for moment in (*moments, business_time(until))]
    parts = [
        affected_skus(kind.key, ruleset, ruleset, then, now)
        for (then, before), (now, after) in pairwise(told)
        if before != after
    ]
    return np.unique(np.concatenate([np.empty(0, np.int64), *parts]))


def _all_skus(kind: Kind, at: datetime) -> Int64s:
    return kind.load((), None, at).sku_ids
