"""The ways out of a shortage, each to its end on real stock, and two people who decide at once."""

from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, connection

from channels.models import Reservation, Shortage
from channels.reservations.actions import release_reservations
from channels.reservations.actions.shortages import (
    await_transfer,
    backorder_shortages,
    cancel_shortages,
    retry_backorders,
    retry_shortages,
    take_from_pool,
)
from channels.reservations.selectors.ways_out import find_places, find_pools, find_shorts
from core.errors import Conflict, DomainError, InvalidInput, NotFound
from inventory.models import Hold, StockRow
from tests.channels.reservations.shortage_world import reservation_of, short_world
from tests.factories import BundleComponentFactory
from tests.inventory.stock_checks import assert_invariants
from tests.querycounts import count_queries


@pytest.fixture
def world():
    return short_world()


def held(functional):
    return sum(StockRow.objects.filter(functional=functional).values_list("allocated", flat=True))


@pytest.mark.django_db
class TestWaysOut:
    def test_a_sale_that_cant_be_served_is_a_shortage(self, world):
        shortage = world.shortage("1", ("COAT", 5))
        assert (shortage.state, shortage.attempts) == ("open", 1)
        assert shortage.lines == [{"sku": "COAT", "wanted": 5, "available": 3}]
        assert find_shorts([shortage])[shortage.pk] == [("COAT", 5, 3, 3)]

    def test_trying_again_gives_the_caller_its_reservation(self, world):
        shortage = world.shortage("1", ("COAT", 5), expires_in=600)
        (refused,) = retry_shortages([shortage.pk], actor="ann")
        assert "COAT" in refused.error.errors[0].message
        shortage.refresh_from_db()
        assert (shortage.state, shortage.attempts) == ("open", 2)

        world.receive(world.home, "COAT", 2)
        assert retry_shortages([shortage.pk], actor="ann") == [(shortage.pk, None)]
        shortage.refresh_from_db()
        made = reservation_of("1")
        assert (shortage.state, shortage.reservation, made.actor) == ("reserved", made, "ann")
        assert made.expires_at is not None
        again = world.sell("1", ("COAT", 5), expires_in=600)
        assert (again.reservation_id, again.replayed) == (made.pk, True)
        assert held(world.home) == 5
        assert_invariants()

    def test_the_oldest_is_tried_first(self, world):
        first, second = world.shortage("b", ("COAT", 5)), world.shortage("a", ("COAT", 5))
        world.receive(world.home, "COAT", 2)
        attempts = retry_shortages([second.pk, first.pk], actor="ann")
        assert [(attempt.shortage_id, attempt.error is None) for attempt in attempts] == [
            (first.pk, True),
            (second.pk, False),
        ]

    def test_another_pool_serves_it(self, world):
        shortage = world.shortage("1", ("COAT", 5))
        options = [(pool.code, dict(pool.units), pool.enough) for pool in find_pools(shortage)]
        assert options == [(world.other_pool.code, {"COAT": 20}, True), (world.pool.code, {"COAT": 3}, False)]

        take_from_pool(shortage.pk, world.other_pool.code, actor="ann")
        shortage.refresh_from_db()
        assert shortage.state == "reserved"
        assert shortage.reservation.pool == world.other_pool
        assert (held(world.home), held(world.other)) == (0, 5)
        assert world.sell("1", ("COAT", 5)).reservation_id == shortage.reservation_id

    def test_a_pool_with_too_little_is_refused_and_counted(self, world):
        shortage = world.shortage("1", ("COAT", 25))
        with pytest.raises(Conflict) as refused:
            take_from_pool(shortage.pk, world.other_pool.code, actor="ann")
        assert refused.value.errors[0].extra == {"sku": "COAT", "wanted": 25, "available": 20}
        shortage.refresh_from_db()
        assert (shortage.state, shortage.attempts) == ("open", 2)
        with pytest.raises(InvalidInput):
            take_from_pool(shortage.pk, "NOWHERE", actor="ann")

    def test_a_transfer_holds_the_missing_units_until_the_shortage_is_settled(self, world):
        shortage = world.shortage("1", ("COAT", 5))
        places = {place.code: (dict(place.free), dict(place.missing)) for place in find_places(shortage)}
        assert places == {
            world.other.code: ({"COAT": 20}, {"COAT": 2}),
            world.far.code: ({"COAT": 10}, {"COAT": 2}),
        }
        (hold,) = await_transfer(shortage.pk, world.far.code, actor="ann")
        kept = Hold.objects.get(pk=hold)
        assert (kept.kind, kept.quantity, kept.reference, kept.actor) == ("manual", 2, "order 1", "ann")
        assert str(shortage.pk) in kept.reason
        shortage.refresh_from_db()
        assert (shortage.state, shortage.hold_ids, shortage.decided_by) == ("transfer", [hold], "ann")

        world.receive(world.home, "COAT", 2)
        retry_shortages([shortage.pk], actor="ann")
        shortage.refresh_from_db()
        assert (shortage.state, shortage.hold_ids, held(world.far)) == ("reserved", [], 0)
        assert_invariants()

    def test_a_failed_try_keeps_the_transfer(self, world):
        shortage = world.shortage("1", ("COAT", 5))
        await_transfer(shortage.pk, world.far.code, actor="ann")
        retry_shortages([shortage.pk], actor="ann")
        shortage.refresh_from_db()
        assert (shortage.state, held(world.far)) == ("transfer", 2)
        with pytest.raises(Conflict, match="waits for a transfer already"):
            await_transfer(shortage.pk, world.other.code, actor="ann")

    @pytest.mark.parametrize("end", ["cancelled", "backorder"])
    def test_another_decision_gives_the_transfer_back(self, world, end):
        shortage = world.shortage("1", ("COAT", 5))
        await_transfer(shortage.pk, world.far.code, actor="ann")
        if end == "cancelled":
            cancel_shortages([shortage.pk], note="sold out", actor="ben")
        else:
            backorder_shortages([shortage.pk], actor="ben")
        shortage.refresh_from_db()
        assert (shortage.state, shortage.hold_ids, held(world.far)) == (end, [], 0)

    def test_a_place_without_the_missing_units_is_refused(self, world):
        shortage = world.shortage("1", ("COAT", 14))
        for place in (world.far, world.home):
            with pytest.raises(InvalidInput, match="can't give all the missing units"):
                await_transfer(shortage.pk, place.code, actor="ann")
        assert not Hold.objects.exists()

    def test_a_bundle_is_short_of_its_components(self, world):
        bundle = BundleComponentFactory(component__code="HAT", quantity=2, bundle__code="SET").bundle
        world.receive(world.home, "HAT", 3)
        world.receive(world.far, "HAT", 9)
        shortage = world.shortage("1", (bundle.code, 3), ("HAT", 1))
        assert ("SET", 1) in [(line.sku, line.now) for line in find_shorts([shortage])[shortage.pk]]
        await_transfer(shortage.pk, world.far.code, actor="ann")
        assert Hold.objects.get().quantity == 4  # 3 × 2 + 1 - 3
        world.receive(world.home, "HAT", 4)
        assert retry_shortages([shortage.pk], actor="ann") == [(shortage.pk, None)]

    def test_a_backorder_is_tried_again_by_itself_the_oldest_first(self, world):
        first, second, third = (world.shortage(key, ("COAT", 5)) for key in ("c", "b", "a"))
        assert backorder_shortages([first.pk, second.pk], actor="ann") == [first.pk, second.pk]
        assert retry_backorders() == 0
        world.receive(world.home, "COAT", 3)
        assert retry_backorders() == 1
        states = dict(Shortage.objects.values_list("key", "state"))
        assert states == {"c": "reserved", "b": "backorder", "a": "open"}
        assert third.attempts == 1

    def test_a_platform_that_asks_again_settles_it_and_the_sweep_gives_the_transfer_back(self, world):
        shortage = world.shortage("1", ("COAT", 5))
        await_transfer(shortage.pk, world.far.code, actor="ann")
        world.receive(world.home, "COAT", 2)
        assert world.sell("1", ("COAT", 5)).error is None
        shortage.refresh_from_db()
        assert (shortage.state, held(world.far)) == ("reserved", 2)
        retry_backorders()
        shortage.refresh_from_db()
        assert (shortage.hold_ids, held(world.far)) == ([], 0)

    def test_cancelling_says_why_and_by_whom(self, world):
        shortage = world.shortage("1", ("COAT", 5))
        assert cancel_shortages([shortage.pk], note="customer asked", actor="ann") == [shortage.pk]
        shortage.refresh_from_db()
        assert (shortage.state, shortage.note, shortage.decided_by) == ("cancelled", "customer asked", "ann")

    def test_what_is_settled_stays_settled(self, world):
        shortage = world.shortage("1", ("COAT", 5))
        cancel_shortages([shortage.pk], note="x", actor="ann")
        world.receive(world.home, "COAT", 10)
        for decide in (
            lambda: retry_shortages([shortage.pk], actor="ben"),
            lambda: take_from_pool(shortage.pk, world.other_pool.code, actor="ben"),
            lambda: await_transfer(shortage.pk, world.far.code, actor="ben"),
            lambda: backorder_shortages([shortage.pk], actor="ben"),
            lambda: cancel_shortages([shortage.pk], note="y", actor="ben"),
        ):
            with pytest.raises(Conflict, match="settled already"):
                decide()
        shortage.refresh_from_db()
        assert (shortage.state, shortage.note, shortage.decided_by) == ("cancelled", "x", "ann")
        assert not Reservation.objects.exists()
        with pytest.raises(NotFound):
            retry_shortages([0], actor="ben")

    def test_of_a_batch_only_the_unsettled_are_decided(self, world):
        first, second = world.shortage("1", ("COAT", 5)), world.shortage("2", ("COAT", 5))
        cancel_shortages([first.pk], note="x", actor="ann")
        assert backorder_shortages([first.pk, second.pk], actor="ben") == [second.pk]
        assert cancel_shortages([first.pk, second.pk], note="y", actor="ben") == [second.pk]
        first.refresh_from_db()
        assert first.note == "x"

    def test_numbers_of_many_shortages_take_as_many_queries_as_of_one(self, world):
        shortages = [world.shortage(str(number), ("COAT", 5)) for number in range(4)]
        one, _queries = count_queries(lambda: find_shorts(shortages[:1]))
        assert count_queries(lambda: find_shorts(shortages))[0] == one


def together(*calls):
    """Run each call in a thread of its own at the same moment; what they answered or raised."""
    start, outcomes = Barrier(len(calls)), [None] * len(calls)

    def run(at, call):
        try:
            start.wait()
            outcomes[at] = call()
        except (DomainError, DatabaseError) as error:
            outcomes[at] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(at, call)) for at, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_one_cancels_while_another_tries_again(self, world):
        for turn in range(6):
            shortage = world.shortage(f"key-{turn}", ("COAT", 5))
            world.receive(world.home, "COAT", 2)
            together(
                lambda pk=shortage.pk: cancel_shortages([pk], note="x", actor="ann"),
                lambda pk=shortage.pk: retry_shortages([pk], actor="ben"),
            )
            shortage.refresh_from_db()
            made = reservation_of(shortage.key)
            assert shortage.state == ("reserved" if made else "cancelled")
            if made:
                release_reservations([made.pk], actor="test")
            world.issue(world.home, "COAT", 2)
        assert_invariants()

    def test_two_transfers_hold_the_units_once(self, world):
        shortage = world.shortage("1", ("COAT", 5))
        outcomes = together(
            lambda: await_transfer(shortage.pk, world.far.code, actor="ann"),
            lambda: await_transfer(shortage.pk, world.other.code, actor="ben"),
        )
        assert sorted(isinstance(outcome, Conflict) for outcome in outcomes) == [False, True]
        assert held(world.far) + held(world.other) == 2

    def test_a_person_and_the_platform_reserve_once(self, world):
        shortage = world.shortage("1", ("COAT", 5))
        world.receive(world.home, "COAT", 20)
        tried, sold = together(
            lambda: retry_shortages([shortage.pk], actor="ann"), lambda: world.sell("1", ("COAT", 5))
        )
        assert sold.error is None
        assert isinstance(tried, Conflict) or tried == [(shortage.pk, None)]
        assert held(world.home) == 5
        assert Reservation.objects.count() == 1

    def test_two_backorder_sweeps_reserve_each_once(self, world):
        for number in range(20):
            world.shortage(str(number), ("COAT", 4))
        backorder_shortages(Shortage.objects.values_list("pk", flat=True), actor="ann")
        world.receive(world.home, "COAT", 40)
        assert sum(together(retry_backorders, retry_backorders, retry_backorders)) == 10
        assert held(world.home) == 40
        oldest = Shortage.objects.order_by("pk")[:10]
        assert {shortage.state for shortage in oldest} == {"reserved"}
        assert_invariants()
