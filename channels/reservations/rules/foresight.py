"""Guesses the states that SKUs go through if every request of a batch is accepted.

A wrong guess costs a second question to the engine and never a wrong answer.
"""

from collections import Counter
from collections.abc import Sequence

from channels.reservations.rules.numbers import Block, Column
from channels.reservations.rules.seats import consume_dedicated, take_seats
from channels.reservations.rules.shapes import Basis
from channels.reservations.rules.states import Job, SkuState
from channels.reservations.rules.view import View

MOST_COLUMNS = 2_000  # states asked for at once
FEW_COLUMNS = 50
MOST_CELLS = 2_000_000  # columns x rows x pools, of which the engine keeps several numbers each
MOST_KNOWN = 10_000

Key = tuple[int, ...]


class Oracle:
    """Has the engine's numbers for the states of a batch, asked for by the hundred."""

    def __init__(self, view: View, states: dict[int, SkuState]) -> None:
        self._view, self._states = view, states
        self._known: dict[Key, tuple[Block, int]] = {}
        network = view.network.supply
        cells = max(1, len(network.functionals.codes) * len(network.pools.codes))
        self._most = max(FEW_COLUMNS, min(MOST_COLUMNS, MOST_CELLS // cells))
        self._look_ahead = self._most
        self._foreseen = 0  # jobs guessed so far

    def prepare(self, jobs: Sequence[Job], at: int) -> None:
        """See that the state of every SKU of the job at `at` has its numbers, and guess what comes after it."""
        missing = False
        for sku in jobs[at].demand:
            state = self._states[sku]
            if state.numbers is None:
                state.numbers = self._known.get(state.key())
                missing = missing or state.numbers is None
        if missing:
            # The further a guess looks, the more a wrong one costs: look less far after it, farther after a good one.
            wrong = at < self._foreseen
            look_ahead = self._look_ahead // 4 if wrong else self._look_ahead * 4
            self._look_ahead = min(self._most, max(FEW_COLUMNS, look_ahead))
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
            self._foreseen = at + self._foresee(jobs[at:])

    def _foresee(self, jobs: Sequence[Job]) -> int:
        """Ask about the states that the jobs will meet if all of them are accepted; for how many of the jobs."""
        waiting = Counter([sku for job in jobs for sku in job.demand])
        walked: dict[int, SkuState] = {}
        columns: list[Column] = []
        keys: dict[Key, int] = {}
        fresh: list[tuple[SkuState, int]] = []
        asked: dict[int, list[int]] = {}
        seen = 0
        for job in jobs:
            if len(columns) > self._look_ahead and seen:
                break
            seen += 1
            entitled = job.check is Basis.ENTITLEMENT
            for sku, units in job.demand.items():
                state = walked.get(sku) or self._states[sku]
                if entitled and state.numbers is None:
                    column = len(columns)
                    if sku in walked or waiting[sku] > 1:
                        column = keys.setdefault(state.key(), column)
                    if column == len(columns):
                        columns.append(state.column(own=sku in walked))
                    asked.setdefault(job.shop, []).append(column)
                    if sku not in walked:
                        fresh.append((state, column))
                waiting[sku] -= 1
                if waiting[sku]:
                    walked[sku] = walker = state if sku in walked else state.fork()
                    _take(self._view, job, walker, units)
        block = Block(self._view, columns, asked)
        self._known.update({key: (block, column) for key, column in keys.items()})
        for state, column in fresh:
            state.numbers = block, column
        return seen


def _take(view: View, job: Job, state: SkuState, units: int) -> None:
    """What the job will probably take of a walker's state."""
    rooms = [0] * len(state.free)
    stock = job.check is Basis.STOCK
    for row in state.feeds.reach(job.pools_of(view)):
        rooms[row] = state.free[row] if stock else max(0, state.free[row] - state.safety[row])
    if sum(rooms) < units:
        return
    for row, seated in take_seats(rooms, state.feeds.shared_by, units):
        state.take(row, seated)
    consume_dedicated(state.dedicated, job.shop, job.dedicating(view), units)
