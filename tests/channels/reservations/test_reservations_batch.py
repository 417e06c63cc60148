"""Many reservations in one call: each judged on its own, in the order given."""

import pytest

from channels.reservations.models import Reservation
from channels.reservations.schemas import MOST_RESERVATIONS, BatchOut
from tests.channels.reservations.api_world import Caller, allocated, ask, caller, problem, skus, world
from tests.factories import ShopFactory

__all__ = ["ask", "caller", "skus", "world"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def send(caller):
    """The results of a batch."""

    def post(*reservations, by=caller):
        answer = by.post("/reservations/batch", {"reservations": list(reservations)})
        assert answer.status_code == 200, answer.content
        BatchOut.model_validate_json(answer.content)
        results = answer.json()["results"]
        assert [result["index"] for result in results] == list(range(len(reservations)))
        return results

    return post


def test_each_is_judged_on_its_own_in_the_order_given(send, ask):
    results = send(
        ask(A=8, key="1"),
        ask(A=3, key="2"),
        ask(A=1, key="3") | {"shop": "NOWHERE"},
        ask([{"sku": "HAT", "quantity": 1}], key="4"),
        ask(A=2, key="5"),
    )

    assert [result["status"] for result in results] == ["ok", "error", "error", "error", "ok"]
    assert [result["error"]["status"] for result in results[1:4]] == [409, 404, 422]
    assert [result["reservation"]["id"] for result in results if result["reservation"]] == list(
        Reservation.objects.order_by("id").values_list("id", flat=True)
    )
    assert allocated()["A"] == 10


def test_a_refusal_is_a_problem_whose_paths_start_where_the_clients_json_does(send, ask):
    _good, refused, misfit = send(ask(A=8, key="1"), ask(A=3, B=1, key="2"), ask(A=0, key="3"))

    error = refused["error"]
    assert (error["type"], error["status"], error["title"]) == ("urn:onepool:problem:conflict", 409, "Conflict")
    assert error["detail"]
    short = error["errors"][0]
    assert (short["sku"], short["wanted"], short["available"]) == ("A", 3, 2)
    assert short["path"].startswith("reservations[1].lines[0]")
    assert (refused["reservation"], refused["replayed"]) == (None, False)
    assert [fault["path"] for fault in misfit["error"]["errors"]] == ["reservations[2].lines[0].quantity"]


@pytest.mark.parametrize(
    ("item", "place"),
    [
        ({"key": ""}, "key"),
        ({"key": "x" * 201}, "key"),
        ({"key": None}, "key"),
        ({"note": 1}, "note"),
        ({"expires_in": 0}, "expires_in"),
        ({"lines": []}, "lines"),
        ({"lines": [{"sku": "A"}]}, "lines[0].quantity"),
    ],
)
def test_what_doesnt_fit_is_refused_alone(send, ask, item, place):
    bad, good = send(ask(A=1, key="1") | item, ask(A=1, key="2"))

    assert [bad["status"], good["status"]] == ["error", "ok"]
    assert bad["error"]["status"] == 422
    assert [fault["path"] for fault in bad["error"]["errors"]] == [f"reservations[0].{place}"]
    assert allocated()["A"] == 1


def test_without_its_key_a_reservation_is_refused(send, ask):
    assert send(ask(A=1))[0]["error"]["errors"][0]["path"] == "reservations[0].key"


def test_the_same_key_twice_is_one_reservation(send, ask):
    first, second, other = send(ask(A=2, key="1"), ask(A=2, key="1"), ask(A=3, key="1"))

    assert [first["replayed"], second["replayed"]] == [False, True]
    assert first["reservation"] == second["reservation"]
    assert other["error"]["status"] == 409
    assert allocated()["A"] == 2


def test_a_batch_and_a_single_call_share_their_keys(send, caller, ask):
    single = caller.reserve(ask(A=2), "1")
    (again,) = send(ask(A=2, key="1"))

    assert again["replayed"]
    assert again["reservation"] == single.json()
    assert allocated()["A"] == 2


def test_sent_again_a_batch_answers_the_same_and_books_nothing(send, ask):
    bodies = [ask(A=6, key="1"), ask(A=5, key="2"), ask(A=4, key="3")]
    first, second = send(*bodies), send(*bodies)

    assert [result["reservation"] for result in first] == [result["reservation"] for result in second]
    assert [result["replayed"] for result in second] == [True, False, True]
    assert allocated()["A"] == 10


def test_a_shops_key_reserves_for_its_own_shop_only(send, ask, world, skus):
    ShopFactory(code="OTHER")
    shop = Caller("shop", owner="shop", owner_code=world.shop.code)
    own, other = send(ask(A=1, key="1"), ask(A=1, key="2") | {"shop": "OTHER"}, by=shop)

    assert own["status"] == "ok"
    assert (other["error"]["status"], "OTHER" in other["error"]["detail"]) == (404, True)


@pytest.mark.parametrize("count", [0, MOST_RESERVATIONS + 1])
def test_a_batch_has_its_size(caller, ask, count):
    body = {"reservations": [ask(A=1, key=str(number)) for number in range(count)]}

    assert problem(caller.post("/reservations/batch", body), 422)["errors"][0]["path"] == "reservations"
    assert allocated()["A"] == 0


def test_500_at_once(send, ask):
    results = send(*(ask(A=1, key=str(number)) for number in range(MOST_RESERVATIONS)))

    assert [result["status"] for result in results] == ["ok"] * 10 + ["error"] * (MOST_RESERVATIONS - 10)
