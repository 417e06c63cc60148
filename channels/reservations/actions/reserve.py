"""`reserve`: the one verb that promises units to a shop's customers.

A batch is judged on locked rows, first come first served, and written at once. It starts with the rows that its
shops' pools can feel; should that not be enough to say no, it starts over with all rows of its SKUs. Nothing is
written before everything is decided, so starting over costs time and nothing else.
"""

from collections.abc import Sequence
from functools import cached_property

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.reservations.actions.answers import ReserveResult, refusal, restore_answer
from channels.reservations.actions.checks import check_request, fingerprint
from channels.reservations.actions.dedication import consume_units
from channels.reservations.actions.express import Express
from channels.reservations.actions.keys import Key, Recalled, insert_reservations, recall_keys
from channels.reservations.actions.movable import Reaches, add_movable, relocate
from channels.reservations.actions.retrying import run_retrying
from channels.reservations.actions.rows import new_row, owner_of, seats_of
from channels.reservations.actions.shortfalls import lock_shortages, note_refused, note_served
from channels.reservations.actions.stage import (
    CodesUnknown,
    RowsAppeared,
    Stage,
    check_rows,
    choose_view,
    list_unknown,
    make_jobs,
    resolve_codes,
    set_stage,
)
from channels.reservations.rules import Basis, Desk, MoreRowsNeeded, ReservationRequest, Verdict
from core.errors import Conflict, FieldError, InvalidInput, NotFound
from inventory.ledger.actions import Owner, Seat, book_seats

TRIES = 20  # of a batch that has to start over; each time it knows more, or somebody else has got on

_EXPRESS = Express()

Open = dict[int, ReservationRequest]
"""Requests without a result yet, by their place in the batch, in order."""


class KeysTaken(Exception):
    """Somebody has committed a reservation with one of the keys since they were looked up."""


def reserve(requests: Sequence[ReservationRequest]) -> list[ReserveResult]:
    """Judge requests in their order and book what is accepted, in one transaction; a result for each.

    What is wrong with a request is its result's `error` and never touches the others: `InvalidInput`, `NotFound` for
    an unknown shop, `Conflict` for too little stock or a key that was used for something else.
    """
    attempt = Attempt(requests, nested=connection.in_atomic_block)
    if (reserved := attempt.run_express()) is not None:
        return reserved
    for _tried in range(TRIES):
        try:
            results = run_retrying(attempt.run)
        except MoreRowsNeeded:
            attempt.wide = True
        except CodesUnknown:
            attempt.resolving = True
        except (KeysTaken, RowsAppeared):
            pass
        else:
            unheard = attempt.unheard()
            for at, result in zip(unheard, reserve([requests[at] for at in unheard]) if unheard else (), strict=True):
                results[at] = result
            return results
    raise Conflict(_("Too many others are reserving with the same keys. Try again."))


class Attempt:
    """A batch on its way through one transaction; what it has learnt stays for the next one."""

    def __init__(self, requests: Sequence[ReservationRequest], *, nested: bool) -> None:
        self._requests = requests
        self._nested = nested
        self._faults = [check_request(request) for request in requests]
        self._first: dict[Key, int] = {}
        for at, request in enumerate(requests):
            if self._faults[at] is None:
                self._first.setdefault((request.caller, request.key), at)
        self.wide = self.resolving = False
        self._results: dict[int, ReserveResult] = {}

    def run_express(self) -> list[ReserveResult] | None:
        """The results when nothing stands in the way of any request; None, and nothing done, when something does."""
        if self._nested or any(self._faults) or len(self._first) < len(self._requests):
            return None
        return _EXPRESS.run(self._requests)

    @cached_property
    def _hashes(self) -> list[str]:
        return [fingerprint(request) for request in self._requests]

    def run(self) -> list[ReserveResult]:
        """Decide and write; the results in the order of the requests."""
        self._results = {at: ReserveResult(error=fault) for at, fault in enumerate(self._faults) if fault is not None}
        if self._first:
            recalled = recall_keys(list(self._first))
            waiting = self._answer_known(recalled)
            if waiting:
                self._work(waiting, recalled)
        return [self._result(at, request) for at, request in enumerate(self._requests)]

    def _answer_known(self, recalled: Recalled) -> Open:
        """Repeat the first answers; what remains is new."""
        waiting: Open = {}
        for at, request in enumerate(self._requests):
            if self._faults[at] is not None:
                continue
            key = request.caller, request.key
            kept = recalled.kept.get(key)
            if kept is None:
                if self._first[key] == at:
                    waiting[at] = request
            elif kept.request_hash == self._hashes[at]:
                answer = restore_answer(kept.id, kept.answer)
                self._results[at] = ReserveResult(kept.id, answer, replayed=True)
            else:
                self._results[at] = ReserveResult(error=_key_reused())
        return waiting

    def _work(self, waiting: Open, recalled: Recalled) -> None:
        tried = [(r.caller, r.key) for r in waiting.values() if r.check is Basis.STOCK]
        short_before = lock_shortages(tried) if tried else set()
        view = choose_view(recalled.token, waiting.values(), wide=self.wide, nested=self._nested)
        self._refuse(waiting, {at: _no_shop(r) for at, r in waiting.items() if r.shop not in view.shop_at})
        self._refuse(waiting, {at: _no_pool(r) for at, r in waiting.items() if r.pool and r.pool not in view.pool_at})
        codes = {line.sku for request in waiting.values() for line in request.lines}
        resolved = resolve_codes(codes) if self.resolving else None
        if resolved is not None:
            self._refuse(
                waiting,
                {at: _no_sku(r, unknown) for at, r in waiting.items() if (unknown := list_unknown(r, resolved))},
            )
        if not waiting:
            return
        stage = set_stage(view, codes, resolved, dedicated=recalled.dedicated)
        jobs = make_jobs(view, stage.parts, waiting.values())
        if self.wide:
            add_movable(view, stage.states, jobs)
        verdicts, relocations = Desk(view, stage.states, wide=self.wide).judge(jobs)
        relocate(view, stage.states, relocations, Reaches(view))
        self._write(stage, dict(zip(waiting, verdicts, strict=True)), short_before)

    def _write(self, stage: Stage, verdicts: dict[int, Verdict], short_before: set[Key]) -> None:
        accepted = {at: verdict for at, verdict in verdicts.items() if verdict.accepted}
        if len(accepted) < len(verdicts):
            self._check_refusals(stage, [at for at in verdicts if at not in accepted])
        now = timezone.now()
        rows = {
            at: new_row(self._requests[at], self._hashes[at], verdict, stage, now) for at, verdict in accepted.items()
        }
        ids = insert_reservations(list(rows.values())) if rows else {}
        if len(ids) < len(rows):
            raise KeysTaken
        owners: list[Owner] = []
        seats: list[Seat] = []
        consumed: list[tuple[int, int, int]] = []
        for at, verdict in accepted.items():
            request = self._requests[at]
            pk = ids[request.caller, request.key]
            self._results[at] = ReserveResult(pk, restore_answer(pk, rows[at].answer))
            owners.append(owner_of(request, pk))
            seats += seats_of(verdict, stage, len(owners))
            consumed += [(pk, dedicated, units) for dedicated, units in verdict.dedicated]
        consume_units(consumed)
        book_seats(owners, seats)
        self._note(verdicts, ids, short_before)

    def _check_refusals(self, stage: Stage, refused: Sequence[int]) -> None:
        """Before anybody is refused: whoever held the rows before us may have served the very same request,
        or brought the stock to a row that is new.
        """
        check_rows(stage)
        if recall_keys([(self._requests[at].caller, self._requests[at].key) for at in refused]).kept:
            raise KeysTaken

    def _note(self, verdicts: dict[int, Verdict], ids: dict[Key, int], short_before: set[Key]) -> None:
        """Answer the refused, and keep the shortages of marketplaces in view."""
        refused = []
        for at, verdict in verdicts.items():
            if not verdict.accepted:
                self._results[at] = ReserveResult(error=refusal(self._requests[at], verdict.short))
                if self._requests[at].check is Basis.STOCK:
                    refused.append((self._requests[at], verdict.short))
        note_refused(refused)
        note_served({key: pk for key, pk in ids.items() if key in short_before})

    def _refuse(self, waiting: Open, faults: dict[int, InvalidInput | NotFound]) -> None:
        for at, fault in faults.items():
            self._results[at] = ReserveResult(error=fault)
            del waiting[at]

    def unheard(self) -> list[int]:
        """Requests whose key another content asked for first, but was refused: nothing was made with it."""
        return [
            at
            for at, request in enumerate(self._requests)
            if at not in self._results
            and self._hashes[first := self._first[request.caller, request.key]] != self._hashes[at]
            and self._results[first].error is not None
        ]

    def _result(self, at: int, request: ReservationRequest) -> ReserveResult:
        """The request's own result, or that of the first one with its key."""
        if at in self._results:
            return self._results[at]
        first = self._first[request.caller, request.key]
        if self._hashes[first] != self._hashes[at]:
            return ReserveResult(error=_key_reused())
        found = self._results[first]
        return ReserveResult(found.reservation_id, found.answer, replayed=found.error is None, error=found.error)


def _key_reused() -> Conflict:
    return Conflict(_("This key was already used for another reservation."))


def _no_shop(request: ReservationRequest) -> NotFound:
    return NotFound(_("There is no shop %(shop)s.") % {"shop": request.shop})


def _no_pool(request: ReservationRequest) -> InvalidInput:
    sentence = _("There is no dispatch pool %(pool)s.") % {"pool": request.pool}
    return InvalidInput(sentence, [FieldError("pool", sentence)])


def _no_sku(request: ReservationRequest, unknown: Sequence[int]) -> InvalidInput:
    faults = [
        FieldError(f"lines[{at}].sku", _("There is no SKU %(sku)s.") % {"sku": request.lines[at].sku}) for at in unknown
    ]
    return InvalidInput(faults[0].message, faults)
