"""Guesses the states that SKUs go through if every request of a batch is accepted.

A wrong guess costs a second question to the engine and never a wrong answer.
"""

from collections import Counter
from collections.abc import Container, Sequence

from channels.reservations.rules.numbers import Column
from channels.reservations.rules.seats import consume_dedicated, take_seats
from channels.reservations.rules.shapes import Basis
from channels.reservations.rules.states import Job, SkuState
from channels.reservations.rules.view import View

Key = tuple[int, ...]


def foresee_columns(
    view: View, jobs: Sequence[Job], states: dict[int, SkuState], known: Container[Key]
) -> dict[Key, Column]:
    """The unknown states that `entitlement` jobs will meet, by their keys."""
    waiting = Counter(sku for job in jobs for sku in job.demand)
    walked: dict[int, SkuState] = {}
    columns: dict[Key, Column] = {}
    for job in jobs:
        for sku, units in job.demand.items():
            state = walked.get(sku, states[sku])
            if job.check is Basis.ENTITLEMENT:
                key = state.key()
                if key not in known and key not in columns:
                    columns[key] = column_of(state)
            waiting[sku] -= 1
            if waiting[sku]:
                walked[sku] = state = state.fork() if sku not in walked else state
                _take(view, job, state, units)
    return columns


def column_of(state: SkuState) -> Column:
    """The state as the engine is asked about it."""
    dedicated = tuple((units.pool, units.shop, units.outstanding) for units in state.dedicated)
    return Column(state.sku_id, state.category, tuple(state.free), state.safety, dedicated)


def _take(view: View, job: Job, state: SkuState, units: int) -> None:
    rooms = [0] * len(state.free)
    stock = job.check is Basis.STOCK
    for row in state.feeds.reach(job.pools_of(view)):
        rooms[row] = state.free[row] if stock else max(0, state.free[row] - state.safety[row])
    if sum(rooms) < units:
        return
    for row, seated in take_seats(rooms, state.feeds.shared_by, units):
        state.free[row] -= seated
    consume_dedicated(state.dedicated, job.shop, view.entitled.get(job.shop, ()), units)
