"""Judges a batch of requests, first come first served, and seats what it accepts.

Every `entitlement` line is judged by the engine's own numbers for the state that the requests before it have left
behind. The engine is asked for many states at once: those the batch will go through if every request is accepted.
Where it turns out otherwise, it is asked anew for the rest of the batch.
"""

from collections import Counter
from collections.abc import Sequence

from channels.reservations.rules.flow import Parcel, make_room
from channels.reservations.rules.foresight import Key, foresee_columns
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
        self._known: dict[Key, tuple[Block, int]] = {}

    def judge(self, jobs: Sequence[Job]) -> tuple[list[Verdict], list[Relocation]]:
        """The verdicts, in the order of the jobs, and the stored holds that have to move for them."""
        verdicts = []
        for at, job in enumerate(jobs):
            if job.check is Basis.STOCK:
                verdicts.append(self._judge_stock(job))
            else:
                self._ask_engine(jobs, at)
                verdicts.append(self._judge_entitlement(job))
        moved: list[Relocation] = []
        if self._wide:
            self._follow_moved()
            moved = self._relocations()
        self._note_safety([v for job, v in zip(jobs, verdicts, strict=True) if job.check is Basis.STOCK], moved)
        return verdicts, moved

    def _ask_engine(self, jobs: Sequence[Job], at: int) -> None:
        """Have the engine's numbers ready for the job at `at`, and for what is likely to come after it."""
        if all(self._states[sku].key() in self._known for sku in jobs[at].demand):
            return
        columns = foresee_columns(self._view, jobs[at:], self._states, self._known)
        block = Block(self._view, list(columns.values()))
        self._known.update((key, (block, column)) for column, key in enumerate(columns))

    def _judge_entitlement(self, job: Job) -> Verdict:
        found = {sku: self._known[self._states[sku].key()] for sku in job.demand}
        left = {sku: block.quantity(job.shop, column) for sku, (block, column) in found.items()}
        verdict = Verdict()
        for position, line in enumerate(job.lines):
            available = min([left[sku] // units for sku, units in line.parts])
            taken = verdict.add(position, line, available)
            for sku, units in line.parts:
                left[sku] -= taken * units
        if not verdict.settle(partial=job.partial):
            return verdict
        rooms = {sku: block.rooms(job.shop, column).copy() for sku, (block, column) in found.items()}
        for line_verdict in verdict.lines:
            for sku, units in line_verdict.line.parts:
                state = self._states[sku]
                for row, seated in take_seats(rooms[sku], state.feeds.shared_by, line_verdict.taken * units):
                    state.free[row] -= seated
                    line_verdict.seats.append(Taken(sku, row, seated))
        self._consume(job, verdict)
        return verdict

    def _judge_stock(self, job: Job) -> Verdict:
        trials = {sku: self._states[sku].fork() for sku in job.demand}
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
        seats = take_seats(rooms, state.feeds.shared_by, units)
        for row, seated in seats:
            state.free[row] -= seated
        missing = units - sum([seated for _, seated in seats])
        if missing:
            seats += make_room(state.free, state.groups, reach, missing, state.rank).items()
        for row, seated in seats:
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
        pools = self._view.entitled.get(job.shop, ())
        for sku, units in sold.items():
            verdict.dedicated += consume_dedicated(self._states[sku].dedicated, job.shop, pools, units)

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
        dipped: dict[tuple[int, int], int] = {}
        for seat in reversed([*moved, *seats]):
            at = seat.sku_id, seat.row
            if at not in dipped:
                state, before = self._states[seat.sku_id], self._before[seat.sku_id]
                safety, now = state.safety[seat.row], state.free[seat.row]
                dipped[at] = max(0, safety - now) - max(0, safety - before[seat.row])
            seat.safety_used = max(0, min(seat.units, dipped[at]))
            dipped[at] -= seat.safety_used
