"""Reservations over HTTP."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django_filters import CharFilter, FilterSet
from ninja import Query, Router

from channels.reservations.actions import ReserveResult, extend_reservations, release_reservations, reserve
from channels.reservations.group import reserve_one
from channels.reservations.models import Reservation
from channels.reservations.rules import Basis, LineRequest, ReservationRequest
from channels.reservations.schemas import (
    BatchIn,
    BatchOut,
    ExtendIn,
    KeyedReservationIn,
    Misfit,
    ReservationIn,
    ReservationOut,
    ReservationQuery,
    ReservationStateOut,
)
from channels.reservations.selectors.states import (
    HeldUnits,
    ReservationState,
    find_reservation,
    holding,
    read_states,
    reservations,
)
from core.api.auth import caller_of, scoped
from core.api.idempotency import REPLAYED, keyed, read_key
from core.api.pagination import Page, cursor_page
from core.api.problems import describe, misfit_of, problem_content
from core.errors import Conflict, DomainError, FieldError, NotFound
from core.models import ApiKey

router = Router(tags=["reservations"])


class ReservationFilters(FilterSet):  # type: ignore[misc]
    """How the list of reservations is filtered."""

    shop = CharFilter("shop__code")
    state = CharFilter("state")
    reference = CharFilter("reference")
    key = CharFilter(method="of_key")
    sku = CharFilter(method="of_sku")

    class Meta:
        model = Reservation
        fields: tuple[str, ...] = ()

    def of_key(self, rows: QuerySet[Reservation], _name: str, key: str) -> QuerySet[Reservation]:
        """A key is its caller's own."""
        return rows.filter(caller=_caller(caller_of(self.request)), key=key)

    def of_sku(self, rows: QuerySet[Reservation], _name: str, sku: str) -> QuerySet[Reservation]:
        """What holds units of it now."""
        return rows.filter(holding(sku))


@router.post(
    "/reservations", auth=scoped("reservations:write"), response={201: ReservationOut}, summary="Reserve stock"
)
@keyed
def make_reservation(request: HttpRequest, body: ReservationIn) -> HttpResponse:
    """All lines or nothing, unless `partial`. Short stock is 409; `errors` names each short SKU."""
    api_key = caller_of(request)
    key = read_key(request)
    _check_shop(api_key, body.shop)
    result = reserve_one(_request(api_key, key, body))
    if result.error is not None:
        raise result.error
    response = HttpResponse(result.answer, status=201, content_type="application/json; charset=utf-8")
    if result.replayed:
        response[REPLAYED] = "true"
    return response


@router.post("/reservations/batch", auth=scoped("reservations:write"), response=BatchOut, summary="Reserve many times")
def make_reservations(request: HttpRequest, body: BatchIn) -> HttpResponse:
    """Up to 500, each judged on its own in the order given; the answer is 200 also when some are refused."""
    api_key = caller_of(request)
    results: dict[int, dict[str, Any]] = {}
    requests: dict[int, ReservationRequest] = {}
    for index, item in enumerate(body.reservations):
        fault = _refusal(api_key, item)
        if fault is None:
            requests[index] = _request(api_key, item.key, item)
        else:
            results[index] = _refused(index, fault)
    for index, result in zip(requests, reserve(list(requests.values())), strict=True):
        results[index] = _judged(index, result)
    return _json({"results": [results[index] for index in range(len(body.reservations))]})


@router.get(
    "/reservations", auth=scoped("reservations"), response=Page[ReservationStateOut], summary="List reservations"
)
def list_reservations(request: HttpRequest, query: Query[ReservationQuery]) -> HttpResponse:
    """Reservations as they stand, the oldest first; a shop's key sees its own."""
    data = query.model_dump(exclude_none=True, exclude={"limit", "cursor"})
    rows = ReservationFilters(data, reservations(_shop_of(caller_of(request))), request=request).qs
    page, following = cursor_page(rows, query.limit, query.cursor)
    return _json({"items": [_state(state) for state in read_states(page)], "next": following})


@router.get(
    "/reservations/{int:reservation_id}",
    auth=scoped("reservations"),
    response=ReservationStateOut,
    summary="See a reservation",
)
def get_reservation(request: HttpRequest, reservation_id: int) -> HttpResponse:
    """A reservation as it stands, with the stock rows its units lie on now."""
    return _json(_state(_find(request, reservation_id)))


@router.post(
    "/reservations/{int:reservation_id}/release",
    auth=scoped("reservations"),
    response=ReservationStateOut,
    summary="Release a reservation",
)
def release_reservation(request: HttpRequest, reservation_id: int) -> HttpResponse:
    """Give the units back. Releasing again, or what has expired, changes nothing; a confirmed one is its order's."""
    found = _find(request, reservation_id)
    actor = _actor(caller_of(request))
    released = release_reservations([found.id], actor=actor, states=[Reservation.State.HELD])
    found = _find(request, reservation_id)
    if not released and found.state == Reservation.State.CONFIRMED:
        raise _wrong_state(found)
    return _json(_state(found))


@router.post(
    "/reservations/{int:reservation_id}/extend",
    auth=scoped("reservations"),
    response=ReservationStateOut,
    summary="Extend a reservation",
)
def extend_reservation(request: HttpRequest, reservation_id: int, body: ExtendIn) -> HttpResponse:
    """Let a held reservation expire so many seconds from now, or never."""
    found = _find(request, reservation_id)
    extended = extend_reservations([found.id], expires_in=body.expires_in)
    found = _find(request, reservation_id)
    if not extended:
        raise _wrong_state(found)
    return _json(_state(found))


def _caller(key: ApiKey) -> str:
    return f"key:{key.pk}"


def _actor(key: ApiKey) -> str:
    return f"api:{key.name}"


def _shop_of(key: ApiKey) -> str | None:
    """The code of the only shop the key sees; None for all, empty for none."""
    return {ApiKey.Owner.INTEGRATION: None, ApiKey.Owner.SHOP: key.owner_code}.get(ApiKey.Owner(key.owner), "")


def _check_shop(key: ApiKey, shop: str) -> None:
    """Another's shop is as if it didn't exist."""
    if _shop_of(key) not in (None, shop):
        raise NotFound(_("There is no shop %(shop)s.") % {"shop": shop})


def _find(request: HttpRequest, reservation_id: int) -> ReservationState:
    return find_reservation(reservation_id, _shop_of(caller_of(request)))


def _request(api_key: ApiKey, key: str, body: ReservationIn) -> ReservationRequest:
    return ReservationRequest(
        caller=_caller(api_key),
        key=key,
        shop=body.shop,
        lines=tuple(LineRequest(line.sku, line.quantity) for line in body.lines),
        check=Basis(body.check),
        partial=body.partial,
        expires_in=body.expires_in,
        reference=body.reference,
        actor=_actor(api_key),
    )


def _wrong_state(found: ReservationState) -> Conflict:
    label = Reservation.State(found.state).label
    sentence = _("Reservation %(id)s can't be changed: its state is “%(state)s”.") % {"id": found.id, "state": label}
    return Conflict(sentence, [FieldError("state", sentence, {"state": found.state})])


def _refusal(api_key: ApiKey, item: KeyedReservationIn | Misfit) -> DomainError | None:
    """Why a reservation of a batch isn't even tried."""
    if isinstance(item, Misfit):
        return misfit_of(item.fault.errors())
    try:
        _check_shop(api_key, item.shop)
    except NotFound as fault:
        return fault
    return None


def _judged(index: int, result: ReserveResult) -> dict[str, Any]:
    if result.error is not None:
        return _refused(index, result.error)
    made = orjson.Fragment(result.answer)
    return {"index": index, "status": "ok", "error": None, "reservation": made, "replayed": result.replayed}


def _refused(index: int, fault: DomainError) -> dict[str, Any]:
    """The problem, with paths that start where the client's own JSON does."""
    problem = describe(fault)
    errors = [replace(error, path=f"reservations[{index}].{error.path}") for error in problem.errors]
    content = problem_content(replace(problem, errors=errors))
    return {"index": index, "status": "error", "error": content, "reservation": None, "replayed": False}


def _state(state: ReservationState) -> dict[str, Any]:
    return {
        "id": state.id,
        "shop": state.shop,
        "state": state.state,
        "check": state.check,
        "key": state.key,
        "reference": state.reference,
        "created_at": state.created_at,
        "expires_at": state.expires_at,
        "lines": [
            {
                "sku": line.sku,
                "requested": line.requested,
                "reserved": line.reserved,
                "holds": _holds(line.sku, line.holds),
            }
            for line in state.lines
        ],
    }


def _holds(sku: str, holds: Sequence[HeldUnits]) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    for hold in holds:
        component = {"sku": hold.sku} if hold.sku != sku else {}
        safety = {"safety_stock": hold.safety_stock} if hold.safety_stock else {}
        shown.append({"functional": hold.functional, "quantity": hold.quantity, **component, **safety})
    return shown


def _json(content: dict[str, Any]) -> HttpResponse:
    return HttpResponse(orjson.dumps(content), content_type="application/json; charset=utf-8")
