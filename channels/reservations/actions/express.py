"""The short way for requests that nothing stands in the way of: one round trip locks, one books and commits.

It goes by what the process knows of the network and of the SKUs' codes. Should any of that be out of date, a key be
known already, a unit be short or dedicated to somebody, or anything else be unusual, nothing is written, and the
batch goes the thorough way of `Attempt`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, OperationalError
from django.utils import timezone

from channels.cascade.networks import kept_network
from channels.reservations.actions.answers import ReserveResult, restore_answer
from channels.reservations.actions.checks import fingerprint
from channels.reservations.actions.keys import Glance, glance, insertion, shortages
from channels.reservations.actions.names import Named, find_names, forget_names
from channels.reservations.actions.retrying import is_clash
from channels.reservations.actions.rows import new_row, owner_of, seats_of
from channels.reservations.actions.stage import Stage, make_jobs, stage_rows, view_of
from channels.reservations.rules import Basis, Desk, Job, MoreRowsNeeded, ReservationRequest, Verdict, View
from core.prepared import Trip, own_transaction
from inventory.ledger.actions import booking, locking, opening
from inventory.ledger.actions.marks import nudge_recompute

MOST_PATIENT = 64  # batches that go the thorough way after one for which the short way was none

MANY = 10  # requests from which on the server should begin before everything is put together

Requests = Sequence[ReservationRequest]


class Outdated(Exception):
    """The network or the catalogue is another one than the process knows."""


class Express:
    """Tries the short way, and less often where it keeps failing, as it does while everybody wants what is sold out."""

    def __init__(self) -> None:
        self._pause = self._left = 0

    def run(self, requests: Requests) -> list[ReserveResult] | None:
        """Reserve all; None when that isn't as easy as it looks, and nothing is done."""
        if self._left:
            self._left -= 1
            return None
        try:
            results = _reserve_all(requests)
        except Outdated:
            return None  # the thorough way learns anew, so the next batch may be lucky
        self._pause = 0 if results is not None else min(MOST_PATIENT, self._pause * 2 or 1)
        self._left = self._pause
        return results


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the process knows beforehand."""

    requests: Requests
    view: View
    named: Named
    token: UUID | None


@dataclass(frozen=True, slots=True)
class _Locked:
    """The stage with its rows locked, and what is put on it."""

    ids: Sequence[int]
    stage: Stage
    jobs: Sequence[Job]
    hashes: Sequence[str]


def _reserve_all(requests: Requests) -> list[ReserveResult] | None:
    plan = _plan(requests)
    if plan is None:
        return None
    try:
        with own_transaction() as raw:
            locked = _lock(Trip(raw), plan)
            verdicts = _judge(locked) if locked is not None else None
            if locked is None or verdicts is None:
                return None
            results = _write(Trip(raw), requests, locked, verdicts)
    except IntegrityError:  # one of the keys is known
        return None
    except OperationalError as fault:
        if not is_clash(fault):
            raise
        return None
    nudge_recompute()
    return results


def _plan(requests: Requests) -> _Plan | None:
    network = kept_network()
    named = find_names({line.sku for request in requests for line in request.lines})
    if network is None or named is None or any(request.pool for request in requests):
        return None
    view = view_of(network, requests, wide=False)
    # What strategies decide, and what shops have sold, is read once the rows are locked: a way of its own.
    if view.rules is not None or view.by_demand or not all(request.shop in view.shop_at for request in requests):
        return None
    return _Plan(requests, view, named, network.token)


def _lock(trip: Trip, plan: _Plan) -> _Locked | None:
    """Lock the rows, and get everything ready meanwhile; None when something is unusual, `Outdated` when changed."""
    requests, view, resolved = plan.requests, plan.view, plan.named.resolved
    skus = sorted(resolved.codes)
    tried = [(request.caller, request.key) for request in requests if request.check is Basis.STOCK]
    trip.send("BEGIN")
    trip.send(*glance(skus, len(requests)))
    if tried:
        trip.send(*shortages(tried))
    trip.send(*locking(skus, view.functional_ids))
    trip.depart()
    jobs = make_jobs(view, resolved.parts, requests)
    hashes = [fingerprint(request) for request in requests]
    _, (found,), *short, rows = trip.receive()
    seen = Glance(*found)
    if seen.catalogue != plan.named.token:
        forget_names()
    if (seen.catalogue, seen.network) != (plan.named.token, plan.token):
        raise Outdated
    if not seen.free or any(short):
        return None
    return _Locked(seen.ids, stage_rows(view, resolved, rows), jobs, hashes)


def _judge(locked: _Locked) -> list[Verdict] | None:
    """The verdicts when all are accepted on the rows at hand."""
    try:
        verdicts, _none = Desk(locked.stage.view, locked.stage.states, wide=False).judge(locked.jobs)
    except MoreRowsNeeded:
        return None
    return verdicts if all(verdict.accepted for verdict in verdicts) else None


def _write(trip: Trip, requests: Requests, locked: _Locked, verdicts: Sequence[Verdict]) -> list[ReserveResult]:
    """Write and commit; the server writes one part while the next is put together here."""
    now = timezone.now()
    ids, stage = locked.ids, locked.stage
    seats = [seat for at, verdict in enumerate(verdicts, 1) for seat in seats_of(verdict, stage, at)]
    trip.send(*booking(seats))
    if len(requests) > MANY:
        trip.depart()
    owners = [owner_of(request, pk) for request, pk in zip(requests, ids, strict=True)]
    trip.send(*opening(owners, seats))
    if len(requests) > MANY:
        trip.depart()
    rows = [
        new_row(request, made_of, verdict, stage, now)
        for request, made_of, verdict in zip(requests, locked.hashes, verdicts, strict=True)
    ]
    trip.send(*insertion(ids, rows))
    trip.send("COMMIT")
    results = [ReserveResult(pk, restore_answer(pk, row.answer)) for pk, row in zip(ids, rows, strict=True)]
    trip.receive()
    return results
