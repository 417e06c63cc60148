"""Group commit with the real verb on a real database: one booking per request, and nobody pays for another's fault."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from channels.reservations import group
from channels.reservations.group import Group, reserve_one
from channels.reservations.models import Reservation
from channels.reservations.rules import LineRequest, ReservationRequest
from inventory.models import StockRow
from tests.channels.small_world import settle, small_world


def request(key="k", shop="S", sku="A", quantity=1, **values):
    return ReservationRequest("key:1", key, shop, (LineRequest(sku, quantity),), **values)


@pytest.fixture
def world(transactional_db):
    return small_world()


def together(count, submit):
    """What `submit` answers to each number below `count`, all at the same time."""

    def run(number):
        try:
            return submit(number)
        except Exception as fault:  # noqa: BLE001 - it is what the test looks at
            return fault
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.fixture
def batches(monkeypatch):
    """The sizes of the batches that reach the verb."""
    sizes = []

    def note(requests):
        sizes.append(len(requests))
        return group.reserve(requests)

    monkeypatch.setattr(group._GROUP, "_run", note)
    return sizes


def allocated(sku):
    return StockRow.objects.get(sku=sku).allocated


def test_fifty_copies_of_one_request_book_once_and_answer_alike(world, batches):
    sku = world.sku(100)
    settle()
    results = together(50, lambda _number: reserve_one(request("same", world.shop.code, sku.code, 3)))

    assert len({result.answer for result in results}) == 1
    assert sorted(result.replayed for result in results) == [False] + [True] * 49
    assert allocated(sku) == 3
    assert sum(batches) == 50


def test_under_contention_batches_form_and_no_unit_is_sold_twice(world, batches):
    sku = world.sku(100)
    settle()
    results = together(
        32, lambda number: [reserve_one(request(f"{number}-{turn}", world.shop.code, sku.code)) for turn in range(5)]
    )
    flat = [result for own in results for result in own]

    assert sum(result.error is None for result in flat) == 100
    assert {result.error.status for result in flat if result.error} == {409}
    assert allocated(sku) == 100
    assert Reservation.objects.count() == 100
    assert len(batches) < 160
    assert max(batches) > 1


def test_a_poisoned_request_fails_alone_among_good_ones(world, batches):
    sku = world.sku(100)
    settle()

    def submit(number):
        actor = "x" * (151 if number % 7 == 3 else 5)  # too long for its column
        return reserve_one(request(str(number), world.shop.code, sku.code, actor=actor))

    results = together(30, submit)

    bad = [number for number in range(30) if number % 7 == 3]
    assert [number for number, result in enumerate(results) if isinstance(result, Exception)] == bad
    assert all(result.error is None for number, result in enumerate(results) if number not in bad)
    assert allocated(sku) == 30 - len(bad)


def test_a_refusal_is_its_own(world, batches):
    sku = world.sku(100)
    settle()
    results = together(
        24, lambda number: reserve_one(request(str(number), world.shop.code, sku.code if number % 2 else "NONE"))
    )

    assert [result.error is None for result in results] == [number % 2 == 1 for number in range(24)]
    assert allocated(sku) == 12


def test_a_result_is_handed_out_after_its_commit(world, batches):
    sku = world.sku(100)
    settle()

    def submit(number):
        made = reserve_one(request(str(number), world.shop.code, sku.code))
        return Reservation.objects.filter(pk=made.reservation_id).exists()

    assert all(together(24, submit))


def test_inside_a_transaction_a_request_is_part_of_it_and_of_no_batch(world, batches, monkeypatch):
    sku = world.sku(100)
    settle()
    monkeypatch.delattr(Group, "_queue_up")
    with transaction.atomic():
        reserve_one(request("undone", world.shop.code, sku.code))
        transaction.set_rollback(True)

    assert not Reservation.objects.exists()
    assert allocated(sku) == 0
