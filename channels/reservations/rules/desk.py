"""Judges a batch of requests, first come first served, and seats what it accepts.

Every `entitlement` line is judged by the engine's own numbers for the state that the requests before it have left
behind. The engine is asked for many states at once: those the batch will go through if every request is accepted.
Where it turns out otherwise, it is asked anew for the rest of the batch.
"""

from collections import Counter
from collections.abc import Sequence

from channels.reservations.rules.flow import Parcel, make_room
from channels.reservations.rules.foresight import Oracle
from channels.reservations.rules.numbers import Block
from channels.reservations.rules.seats import consume_dedicated, take_seats
from channels.reservations.rules.shapes import Basis
from channels.reservations.rules.states import Job, LineVerdict, Relocation, SkuState, Taken, Verdict
from channels.reservations.rules.view import View


class MoreRowsNeeded(Exception):
    """A `stock` request doesn't fit the rows at hand; others may help, and the holds on all of them."""


class Desk:
    """One batch. `states` has every SKU of it; `wide` says that they have all rows and all holds that may move."""

    def __init__(self, view: View, states: dict[int, SkuState], *, wide: bool) -> None:
        self._view, self._states, self._wide = view, states, wide
        self._before = {sku: state.free.copy() for sku, state in states.items()}
        self._dedicated = any(state.dedicated for state in states.values())
        self._oracle = Oracle(view, states)

    def judge(self, jobs: Sequence[Job]) -> tuple[list[Verdict], list[Relocation]]:
        """The verdicts, in the order of the jobs, and the stored holds that have to move for them."""
        verdicts = []
        for at, job in enumerate(jobs):
            if job.check is Basis.STOCK:
                verdicts.append(self._judge_stock(job))
            else:
                self._oracle.prepare(jobs, at)
                verdicts.append(self._judge_entitlement(job))
        moved: list[Relocation] = []
        if self._wide:
            self._follow_moved()
            moved = self._relocations()
        self._note_safety([v for job, v in zip(jobs, verdicts, strict=True) if job.check is Basis.STOCK], moved)
        return verdicts, moved

    def _judge_entitlement(self, job: Job) -> Verdict:
        left = {sku: self._quantity(job, sku) for sku in job.demand}
        verdict = Verdict()
        for position, line in enumerate(job.lines):
            available = min([left[sku] // units for sku, units in line.parts])
            taken = verdict.add(position, line, available)
            for sku, units in line.parts:
                left[sku] -= taken * units
        if not verdict.settle(partial=job.partial):
            return verdict
        rooms = {sku: self._rooms(job, sku) for sku in job.demand}
        for line_verdict in verdict.lines:
            for sku, units in line_verdict.line.parts:
                state = self._states[sku]
                for row, seated in take_seats(rooms[sku], state.feeds.shared_by, line_verdict.taken * units):
                    state.take(row, seated)
                    line_verdict.seats.append(Taken(sku, row, seated))
        self._consume(job, verdict)
        return verdict

    def _quantity(self, job: Job, sku: int) -> int:
        block, column = self._states[sku].numbers or _unknown(sku)
        return block.quantity(job.shop, column)

    def _rooms(self, job: Job, sku: int) -> list[int]:
        block, column = self._states[sku].numbers or _unknown(sku)
        return block.rooms(job.shop, column)

    def _judge_stock(self, job: Job) -> Verdict:
        if all(self._direct(job, sku) >= units for sku, units in job.demand.items()):
            return self._seat_stock(job, self._states)
        return self._seat_stock(job, {sku: self._states[sku].fork() for sku in job.demand})

    def _seat_stock(self, job: Job, trials: dict[int, SkuState]) -> Verdict:
        """Seat the job on states that may be thrown away again if it doesn't fit."""
        verdict = Verdict()
        for position, line in enumerate(job.lines):
            fits = [self._most(job, trials[sku], line.wanted * units) // units for sku, units in line.parts]
            taken = verdict.add(position, line, min(fits))
            for sku, units in line.parts:
                self._seat(job, trials[sku], verdict.lines[-1], taken * units)
        if verdict.settle(partial=job.partial):
            self._states.update(trials)
            self._consume(job, verdict)
        return verdict

    def _direct(self, job: Job, sku: int) -> int:
        """Units on free rows that the job reaches."""
        state = self._states[sku]
        return sum([state.free[row] for row in state.feeds.reach(job.pools_of(self._view))])

    def _most(self, job: Job, state: SkuState, wanted: int) -> int:
        """How many of the wanted units fit the rows that the job reaches, with others moved aside."""
        reach = state.feeds.reach(job.pools_of(self._view))
        direct = sum([state.free[row] for row in reach])
        if direct >= wanted:
            return wanted
        if not self._wide:
            raise MoreRowsNeeded
        trial = state.fork()
        return sum(make_room(trial.free, trial.groups, reach, wanted, trial.rank).values())

    def _seat(self, job: Job, state: SkuState, verdict: LineVerdict, units: int) -> None:
        """Seat units that fit: on free rows as long as there are any, then where others have moved aside."""
        reach = state.feeds.reach(job.pools_of(self._view))
        rooms = [0] * len(state.free)
        for row in reach:
            rooms[row] = state.free[row]
        seats = dict(take_seats(rooms, state.feeds.shared_by, units))
        for row, seated in seats.items():
            state.take(row, seated)
        missing = units - sum(seats.values())
        if missing:
            state.numbers = None
            for row, seated in make_room(state.free, state.groups, reach, missing, state.rank).items():
                seats[row] = seats.get(row, 0) + seated
        for row, seated in seats.items():
            verdict.seats.append(Taken(state.sku_id, row, seated))
            if self._wide:
                state.groups.add(reach, row, Parcel(seated, row, owner=verdict))

    def _consume(self, job: Job, verdict: Verdict) -> None:
        if not self._dedicated:
            return
        sold: Counter[int] = Counter()
        for line in verdict.lines:
            for sku, units in line.line.parts:
                sold[sku] += line.taken * units
        pools = job.dedicating(self._view)
        for sku, units in sold.items():
            consumed = consume_dedicated(self._states[sku].dedicated, job.shop, pools, units)
            if consumed:
                self._states[sku].numbers = None
                verdict.dedicated += consumed

    def _follow_moved(self) -> None:
        """Bring the seats of this batch that its later requests have moved to where they are now."""
        for sku, state in self._states.items():
            fresh: dict[LineVerdict, list[Taken]] = {}
            for _reach, row, parcel in state.groups.parcels():
                if isinstance(parcel.owner, LineVerdict):
                    fresh.setdefault(parcel.owner, []).append(Taken(sku, row, parcel.units))
            for owner, seats in fresh.items():
                owner.seats = [seat for seat in owner.seats if seat.sku_id != sku] + seats

    def _relocations(self) -> list[Relocation]:
        return [
            Relocation(sku, reach, parcel.home, row, parcel.units)
            for sku, state in self._states.items()
            for reach, row, parcel in state.groups.relocated()
        ]

    def _note_safety(self, verdicts: Sequence[Verdict], moved: Sequence[Relocation]) -> None:
        """Say of the latest seats on a row how many of their units have come out of its safety stock."""
        seats: list[Taken | Relocation] = [seat for v in verdicts for line in v.lines for seat in line.seats]
        left: Counter[tuple[int, int]] = Counter()
        for relocation in moved:
            left[relocation.sku_id, relocation.home] += relocation.units
        dipped: dict[tuple[int, int], int] = {}
        for seat in reversed([*moved, *seats]):
            at = seat.sku_id, seat.row
            if at not in dipped:
                state, before = self._states[seat.sku_id], self._before[seat.sku_id]
                safety, now = state.safety[seat.row], state.free[seat.row]
                dipped[at] = max(0, safety - now) - max(0, safety - before[seat.row] - left[at])
            seat.safety_used = max(0, min(seat.units, dipped[at]))
            dipped[at] -= seat.safety_used


def _unknown(sku: int) -> tuple[Block, int]:
    message = f"the engine wasn't asked about SKU {sku}"
    raise LookupError(message)
