"""The ways out of a shortage: try again, another pool, a transfer, a backorder, or cancelling it.

Every decision locks its shortages before any stock, as `reserve` does: of two people, or a person and the platform
that asks again, the second finds the shortage settled.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.reservations.actions.answers import ReserveResult
from channels.reservations.actions.reserve import reserve
from channels.reservations.actions.retrying import run_retrying
from channels.reservations.actions.shortfalls import UNSETTLED
from channels.reservations.models import Shortage
from channels.reservations.rules import Basis, LineRequest, ReservationRequest
from channels.reservations.selectors.ways_out import find_places
from core.errors import Conflict, DomainError, FieldError, InvalidInput, NotFound
from inventory.ledger.actions import HoldRequest, place_holds, release_holds

State = Shortage.State
BATCH = 100
CLOCK = "backorder"  # who tries again when nobody has asked

Found = TypeVar("Found")


class Attempt(NamedTuple):
    """How trying a shortage again ended; `error` is None when its units are reserved now."""

    shortage_id: int
    error: DomainError | None


def retry_shortages(ids: Iterable[int], *, actor: str) -> list[Attempt]:
    """Reserve what these shortages ask for, with their own callers and keys, the oldest first.

    The caller that asks again then gets that reservation. `Conflict` when all of them are settled.
    """
    return _refuse_none(_try(ids, actor=actor), ids)


def take_from_pool(shortage_id: int, pool: str, *, actor: str) -> None:
    """Reserve what a shortage asks for beneath the pool with this code instead of the shop's own.

    `Conflict` when it is settled, or when the pool has too little: the attempt is counted then.
    """
    (attempt,) = _refuse_none(_try([shortage_id], actor=actor, pool=pool), [shortage_id])
    if attempt.error is not None:
        raise attempt.error


@transaction.atomic
def await_transfer(shortage_id: int, functional: str, *, actor: str) -> list[int]:
    """Hold the missing units in the functional warehouse with this code until a transfer has brought them.

    The ids of the holds; they end when the shortage is settled. `InvalidInput` when they can't come from there.
    """
    (shortage,) = _refuse_none(_claim([shortage_id]), [shortage_id])
    if shortage.state == State.TRANSFER:
        raise Conflict(_("It waits for a transfer already. Put it on backorder first to choose another place."))
    place = next((option for option in find_places(shortage) if option.code == functional), None)
    if place is None:
        sentence = _("%(functional)s can't give all the missing units.") % {"functional": functional}
        raise InvalidInput(sentence, [FieldError("functional", sentence)])
    reason = _("Transfer for shortage %(id)d of %(shop)s") % {"id": shortage.pk, "shop": shortage.shop.code}
    requests = [
        HoldRequest(functional, sku, units, reason, reference=shortage.reference)
        for sku, units in place.missing.items()
    ]
    holds = place_holds(requests, actor=actor)
    _decide([shortage], State.TRANSFER, actor=actor, hold_ids=holds)
    return holds


@transaction.atomic
def backorder_shortages(ids: Iterable[int], *, actor: str) -> list[int]:
    """Let these shortages wait for stock and be tried again by themselves; the ids of those that wait now.

    What a transfer was to bring is given back. `Conflict` when all of them are settled.
    """
    return _release(_refuse_none(_claim(ids), ids), State.BACKORDER, actor=actor)


@transaction.atomic
def cancel_shortages(ids: Iterable[int], *, note: str, actor: str) -> list[int]:
    """Give these shortages up; `note` says why. The ids of those that were unsettled.

    What a transfer was to bring is given back. `Conflict` when all of them are settled.
    """
    return _release(_refuse_none(_claim(ids), ids), State.CANCELLED, actor=actor, note=note)


def retry_backorders() -> int:
    """Try every backorder again, the oldest first, in transactions of limited size; how many are reserved now.

    Also gives back what transfers were to bring to shortages that the platform itself has settled since.
    """
    waiting = list(Shortage.objects.filter(state=State.BACKORDER).order_by("pk").values_list("pk", flat=True))
    done = 0
    for start in range(0, len(waiting), BATCH):
        attempts = _try(waiting[start : start + BATCH], actor=CLOCK, states=(State.BACKORDER,))
        done += sum(attempt.error is None for attempt in attempts)
    _release_settled(Shortage.objects.all())
    return done


def _claim(ids: Iterable[int], states: Iterable[str] = UNSETTLED) -> list[Shortage]:
    """Lock those of these shortages that are in these states, until the transaction ends; the oldest first."""
    asked = Shortage.objects.filter(pk__in=list(ids), state__in=states).select_related("shop")
    locked = asked.order_by("caller", "key").select_for_update(of=("self",))
    return sorted(locked, key=attrgetter("pk"))


def _refuse_none(found: list[Found], ids: Iterable[int]) -> list[Found]:
    """What was found of these shortages; a sentence when nothing was."""
    if found:
        return found
    count = Shortage.objects.filter(pk__in=list(ids)).count()
    if not count:
        raise NotFound(_("There is no such shortage."))
    raise _settled(count)


def _settled(count: int) -> Conflict:
    words = ngettext(
        "This shortage has been settled already: nothing has changed.",
        "These shortages have been settled already: nothing has changed.",
        count,
    )
    return Conflict(words)


def _try(ids: Iterable[int], *, actor: str, pool: str = "", states: Iterable[str] = UNSETTLED) -> list[Attempt]:
    def reserve_claimed() -> tuple[list[Shortage], list[ReserveResult]]:
        claimed = _claim(ids, states)
        return claimed, reserve([_request(shortage, pool, actor) for shortage in claimed])

    shortages, results = run_retrying(reserve_claimed)
    attempts = [Attempt(shortage.pk, result.error) for shortage, result in zip(shortages, results, strict=True)]
    # In a transaction of its own: after the rows of the reservations these would be locked out of order.
    _release_settled(Shortage.objects.filter(pk__in=[shortage.pk for shortage in shortages]))
    return attempts


def _request(shortage: Shortage, pool: str, actor: str) -> ReservationRequest:
    asked = shortage.request
    return ReservationRequest(
        caller=shortage.caller,
        key=shortage.key,
        shop=shortage.shop.code,
        lines=tuple(LineRequest(line["sku"], line["quantity"]) for line in asked["lines"]),
        check=Basis.STOCK,
        partial=asked.get("partial", False),
        expires_in=asked.get("expires_in"),
        reference=shortage.reference,
        reason=asked.get("reason", ""),
        pool=pool,
        actor=actor,
    )


def _release(shortages: Sequence[Shortage], state: State, *, actor: str, **more: str) -> list[int]:
    release_holds([hold for shortage in shortages for hold in shortage.hold_ids], actor=actor)
    return _decide(shortages, state, actor=actor, hold_ids=[], **more)


def _decide(shortages: Sequence[Shortage], state: State, *, actor: str, **more: Any) -> list[int]:
    """Write the decision about locked shortages; their ids."""
    ids = [shortage.pk for shortage in shortages]
    decided = Shortage.objects.filter(pk__in=ids)
    decided.update(state=state, decided_at=timezone.now(), decided_by=actor, **more)
    return ids


@transaction.atomic
def _release_settled(shortages: QuerySet[Shortage]) -> None:
    """Give back what transfers were to bring to those of these shortages that are settled."""
    waiting = shortages.exclude(state__in=UNSETTLED).exclude(hold_ids=[])
    settled = list(waiting.order_by("caller", "key").select_for_update())
    release_holds([hold for shortage in settled for hold in shortage.hold_ids], actor=CLOCK)
    Shortage.objects.filter(pk__in=[shortage.pk for shortage in settled]).update(hold_ids=[])
