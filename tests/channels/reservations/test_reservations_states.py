"""A reservation as it stands, lists, release and extension; and who may."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from channels.reservations import api
from channels.reservations.actions import confirm_reservations, release_reservations
from channels.reservations.api import router
from channels.reservations.models import Reservation
from channels.reservations.schemas import ReservationStateOut
from core.api.auth import ApiKeyAuth
from inventory.models import Hold
from tests.channels.reservations.api_world import Caller, allocated, ask, caller, problem, skus, world
from tests.channels.small_world import settle
from tests.factories import BundleComponentFactory, ShareFactory, SkuFactory
from tests.querycounts import count_queries

__all__ = ["ask", "caller", "skus", "world"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def made(caller, ask):
    return caller.made(ask(A=2, B=1, reference="cart-1"))


def path(made, verb=""):
    return f"/reservations/{made['id']}{verb}"


# One


def test_a_reservation_as_it_stands(caller, made):
    answer = caller.get(path(made))

    assert answer.status_code == 200
    ReservationStateOut.model_validate_json(answer.content)
    content = answer.json()
    assert content.pop("key") == "one"
    assert datetime.fromisoformat(content.pop("created_at")).utcoffset() is not None
    assert content.pop("expires_at")[:22] == made.pop("expires_at")[:22]
    assert content == made


def test_a_bundle_shows_its_components(caller, ask, skus):
    bundle = SkuFactory(code="SET")
    BundleComponentFactory(bundle=bundle, component=skus["A"], quantity=2)
    BundleComponentFactory(bundle=bundle, component=skus["B"])
    settle()
    made = caller.made(ask([{"sku": "SET", "quantity": 2}]))
    (line,) = caller.get(path(made)).json()["lines"]

    assert (line["sku"], line["reserved"]) == ("SET", 2)
    assert sorted((hold["sku"], hold["quantity"]) for hold in line["holds"]) == [("A", 4), ("B", 2)]


def test_holds_are_those_of_now(caller, made, world):
    hold = Hold.objects.get(sku__code="B", closed_at=None)
    Hold.objects.filter(pk=hold.pk).update(closed_at=timezone.now(), outcome="moved")
    hold.pk, hold.safety_used = None, 1
    hold.save(force_insert=True)
    lines = caller.get(path(made)).json()["lines"]

    assert lines[1]["holds"] == [{"functional": world.functional.code, "quantity": 1, "safety_stock": 1}]


def test_one_takes_as_many_queries_as_many_lines(caller, ask):
    small = caller.made(ask(A=1), "1")
    large = caller.made(ask(A=2, B=2), "2")

    assert count_queries(lambda: caller.get(path(small)))[0] == count_queries(lambda: caller.get(path(large)))[0]


@pytest.mark.parametrize("place", ["/reservations/999999", "/reservations/999999999999999999999999"])
def test_what_isnt_there_is_404(caller, place):
    problem(caller.get(place), 404)


# Lists


def test_lists_are_filtered(caller, ask, world, skus):
    other = ShareFactory(pool=world.pool).shop
    settle()
    first = caller.made(ask(A=1, reference="r1"), "1")["id"]
    second = caller.made(ask(B=1), "2")["id"]
    third = caller.made(ask(A=1) | {"shop": other.code}, "3")["id"]
    caller.post(f"/reservations/{third}/release")
    foreign = Caller("def").made(ask(B=1), "1")["id"]

    assert caller.ids() == [first, second, third, foreign]
    assert caller.ids(shop=other.code) == [third]
    assert caller.ids(state="released") == [third]
    assert caller.ids(reference="r1") == [first]
    assert caller.ids(key="1") == [first]
    assert caller.ids(sku="A") == [first]
    assert caller.ids(sku="B", shop=world.shop.code) == [second, foreign]
    assert caller.ids(sku="HAT") == []


def test_a_list_comes_in_pages_of_the_same_shape(caller, ask):
    ids = [caller.made(ask(A=1), str(number))["id"] for number in range(3)]
    page = caller.get("/reservations", limit=2).json()
    rest = caller.get("/reservations", limit=2, cursor=page["next"]).json()

    assert [item["id"] for item in page["items"] + rest["items"]] == ids
    assert rest["next"] is None
    assert page["items"][0] == caller.get(f"/reservations/{ids[0]}").json()


def test_a_list_takes_as_many_queries_whatever_its_length(caller, ask):
    caller.made(ask(A=1), "1")
    few = count_queries(caller.ids)[0]
    for number in range(2, 6):
        caller.made(ask(A=1, B=1), str(number))

    assert count_queries(caller.ids)[0] == few


@pytest.mark.parametrize("query", [{"state": "gone"}, {"limit": 0}, {"cursor": "x"}])
def test_a_bad_filter_is_named(caller, query):
    assert problem(caller.get("/reservations", **query), 422)["errors"][0]["path"] == next(iter(query))


# Release and extension


def test_a_release_gives_the_units_back_once(caller, made):
    answers = [caller.post(path(made, "/release")) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert answers[0].json()["state"] == "released"
    assert [line["holds"] for line in answers[0].json()["lines"]] == [[], []]
    assert allocated() == {"A": 0, "B": 0}
    assert Reservation.objects.get().closed_by == "api:abc"


def test_what_has_expired_stays_expired(caller, made):
    Reservation.objects.update(state="expired", closed_at=timezone.now())

    assert caller.post(path(made, "/release")).json()["state"] == "expired"


def test_a_confirmed_reservation_is_its_orders(caller, made):
    confirm_reservations([made["id"]], reference="O-1")

    for call in (caller.post(path(made, "/release")), caller.post(path(made, "/extend"), {"expires_in": 60})):
        content = problem(call, 409)
        assert "Confirmed" in content["detail"]
        assert content["errors"][0]["state"] == "confirmed"
    assert allocated() == {"A": 2, "B": 1}


def test_what_is_confirmed_a_moment_before_its_release_stays_its_orders(caller, made, monkeypatch):
    def late(ids, **fields):
        confirm_reservations(ids, reference="O-1")
        return release_reservations(ids, **fields)

    monkeypatch.setattr(api, "release_reservations", late)
    assert problem(caller.post(path(made, "/release")), 409)["errors"][0]["state"] == "confirmed"
    assert allocated() == {"A": 2, "B": 1}


@pytest.mark.parametrize("seconds", [60, 86400, None])
def test_an_extension_counts_from_now(caller, made, seconds):
    for _ in range(2):
        answer = caller.post(path(made, "/extend"), {"expires_in": seconds})
        assert answer.status_code == 200, answer.content
    expires = answer.json()["expires_at"]

    if seconds is None:
        assert expires is None
    else:
        left = datetime.fromisoformat(expires) - timezone.now()
        assert timedelta(seconds=seconds - 10) < left <= timedelta(seconds=seconds)


@pytest.mark.parametrize("state", ["released", "expired"])
def test_a_closed_reservation_cant_be_extended(caller, made, state):
    Reservation.objects.update(state=state, closed_at=timezone.now())
    content = problem(caller.post(path(made, "/extend"), {"expires_in": 60}), 409)

    assert state.capitalize() in content["detail"]
    assert content["errors"][0]["state"] == state


@pytest.mark.parametrize(
    "body", [{}, {"expires_in": 0}, {"expires_in": "60"}, {"expires_in": 30 * 86400 + 1}, {"until": 1}]
)
def test_an_extension_says_how_long(caller, made, body):
    assert problem(caller.post(path(made, "/extend"), body), 422)["errors"]


# Who may


ROUTES = [
    (method, path, operation)
    for path, view in router.path_operations.items()
    for operation in view.operations
    for method in operation.methods
]
BODIES = {"/reservations/batch": "batch", "/reservations": "single"}


def call(by, method, route, made, ask):
    """The answer of a route to a caller, about the reservation `made` or a new one for its shop."""
    address = route.replace("{int:reservation_id}", str(made["id"]))
    if method == "GET":
        return by.get(address)
    single = ask(A=1)
    bodies = {"/reservations": single, "/reservations/batch": {"reservations": [single | {"key": "new"}]}}
    return by.post(address, bodies.get(route, {"expires_in": 60}), "new")


def scope_of(operation):
    (auth,) = [auth for auth in operation.auth_callbacks if isinstance(auth, ApiKeyAuth)]
    return auth.scope


def test_the_routes_have_the_scopes_of_the_contract():
    assert {(method, path): scope_of(operation) for method, path, operation in ROUTES} == {
        ("POST", "/reservations"): "reservations:write",
        ("POST", "/reservations/batch"): "reservations:write",
        ("GET", "/reservations"): "reservations",
        ("GET", "/reservations/{int:reservation_id}"): "reservations",
        ("POST", "/reservations/{int:reservation_id}/release"): "reservations",
        ("POST", "/reservations/{int:reservation_id}/extend"): "reservations",
    }


@pytest.mark.parametrize(
    ("method", "route", "operation"), ROUTES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_route_needs_its_scope_and_no_other(made, ask, method, route, operation):
    needed = scope_of(operation)
    others = {"reservations", "reservations:write", "stock:write", "orders:write"} - {needed}

    assert call(Caller("with", scopes=[needed]), method, route, made, ask).status_code in (200, 201)
    problem(call(Caller("out", scopes=others), method, route, made, ask), 403)


@pytest.mark.parametrize("owner", ["shop", "store"])
@pytest.mark.parametrize(
    ("method", "route", "operation"), ROUTES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_to_others_it_is_as_if_it_didnt_exist(made, ask, world, method, route, operation, owner):
    before = (allocated(), Reservation.objects.values())
    other = Caller("other", owner=owner, owner_code="SHOP-X" if owner == "shop" else world.functional.warehouse.code)
    answer = call(other, method, route, made, ask)

    if route == "/reservations" and method == "GET":
        assert answer.json() == {"items": [], "next": None}
    elif route == "/reservations/batch":
        assert answer.json()["results"][0]["error"]["status"] == 404
    else:
        problem(answer, 404)
    assert (allocated(), list(Reservation.objects.values())) == (before[0], list(before[1]))


@pytest.mark.parametrize(
    ("method", "route", "operation"), ROUTES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_shops_key_handles_its_own(made, ask, world, method, route, operation):
    own = Caller("own", owner="shop", owner_code=world.shop.code)

    assert call(own, method, route, made, ask).status_code in (200, 201)
