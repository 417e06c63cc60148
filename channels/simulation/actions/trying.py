"""Tries edits on the live data and takes them back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.preview.actions import begin_trial, shadow_tables
from channels.simulation.actions.applying import apply_edits
from channels.simulation.rules.compare import (
    LiveTargets,
    Numbers,
    Targets,
    compare_numbers,
    compare_targets,
    show_targets,
    waits,
)
from channels.simulation.rules.edits import AnyEdit
from channels.simulation.rules.sides import Side, compute_side
from channels.simulation.rules.totals import sum_categories, sum_numbers, sum_pools, sum_shops, sum_targets
from channels.simulation.selectors.basis import read_basis
from channels.simulation.selectors.loading import load_categories, load_live_targets, load_state
from core.bulk import Int64s
from core.errors import Conflict

STATEMENT_TIMEOUT = "120s"
TRIES = 3
STEPS = 5  # how often `done` is called in one try, besides once per edit

Done = Callable[[], object]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What the edits would change, and what the data was then."""

    numbers: Numbers
    targets: Targets
    summary: dict[str, Any]
    basis: dict[str, Any]


def try_edits(edits: Sequence[AnyEdit], *, actor: str, done: Done = int) -> Outcome:
    """What these edits together would change in every number. Nothing is changed and nobody is told.

    Raises what the edits raise, and Conflict when somebody keeps changing the same things.
    """
    for attempt in range(TRIES):
        try:
            return _try_once(edits, actor, done)
        except OperationalError as error:
            if attempt == TRIES - 1 or connection.in_atomic_block:
                raise Conflict(
                    _("The effect can't be worked out now: the data is busy. Try again in a moment.")
                ) from error
    raise RuntimeError("the last try answers or raises")


def _try_once(edits: Sequence[AnyEdit], actor: str, done: Done) -> Outcome:
    now = timezone.now()
    nested = connection.in_atomic_block
    with transaction.atomic():
        begin_trial(nested=nested, statement_timeout=STATEMENT_TIMEOUT)
        basis = read_basis(now)
        with transaction.atomic():
            shadow_tables()
            apply_edits(edits, actor=actor, done=done)
            # Whoever keeps what it has read for as long as a token stays the same must see a new token now.
            connection.check_constraints()
            state = load_state(now)
            transaction.set_rollback(True)
        # The edits' locks are gone, and only one state at a time is in memory.
        done()
        after = compute_side(state)
        del state
        done()
        before = compute_side(load_state(now))
        done()
        live = load_live_targets(before.listing_ids)
        category = load_categories(before.sku_ids)
    done()
    outcome = _compare(before, after, live, category, basis)
    done()
    return outcome


def _compare(before: Side, after: Side, live: LiveTargets, category: Int64s, basis: dict[str, Any]) -> Outcome:
    old = show_targets(before, live.shown, live.quantity)
    new = show_targets(after, live.shown, old)
    numbers, targets = compare_numbers(before, after), compare_targets(before, after, old, new)
    waiting, broken = int(waits(after, live.shown).sum()), after.broken
    summary = {
        "numbers": sum_numbers(numbers),
        "targets": {**sum_targets(targets), "waiting": waiting, "broken": broken},
        "shops": sum_shops(before, after, numbers, targets),
        "categories": sum_categories(before, after, numbers, category),
        "pools": sum_pools(before, after, old, new),
    }
    return Outcome(numbers, targets, summary, basis)
