"""Many at once on a real server: nothing lost, nothing twice, nobody deadlocked."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random
from time import monotonic

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from channels.reservations.actions import release_reservations, reserve
from channels.reservations.rules import Basis
from core.errors import Conflict
from inventory.ledger.actions import (
    Count,
    HoldRequest,
    Movement,
    count_staged,
    count_stock,
    expire_holds,
    place_holds,
    post_movements,
    release_holds,
)
from inventory.models import DirtySku, FunctionalWarehouse, LedgerEntry
from tests.channels.reservations.asking import ask
from tests.factories import PoolFactory, ShareFactory, SupplyFactory, SupplyLinkFactory
from tests.inventory.staging import stage
from tests.inventory.stock_checks import assert_invariants, levels, make_place, make_skus

pytestmark = pytest.mark.django_db(transaction=True)
GOOD, BAD = "DC1-GOOD", "DC1-DEFECTIVE"
CODES = [f"S{number}" for number in range(12)]
THREADS = 6
HOT = CODES[:2]
PLACES = (GOOD, BAD)
STOCK = Basis.STOCK
SECONDS = 3


@pytest.fixture(autouse=True)
def stock(monkeypatch):
    monkeypatch.setattr("inventory.ledger.actions.marks.nudge", lambda task: None)
    make_place()
    make_skus(*CODES)


def together(work):
    """Run `work(thread number)` in all threads at the same time; their results, or the first error."""

    def run(number):
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return [done.result(timeout=60) for done in [pool.submit(run, number) for number in range(THREADS)]]


def shuffled(random):
    return random.sample(CODES, len(CODES))


def test_batches_in_any_order_neither_deadlock_nor_lose_a_unit():
    """The rows don't exist at first, so making them is a part of the race."""

    def work(number):
        random = Random(number)
        for _ in range(15):
            post_movements([Movement(GOOD, code, "receipt", 2) for code in shuffled(random)], actor="t")
            post_movements([Movement(GOOD, code, "issue", 1) for code in shuffled(random)], actor="t")

    together(work)
    assert levels() == {(GOOD, code): (THREADS * 15, 0) for code in CODES}
    assert LedgerEntry.objects.count() == THREADS * 30 * len(CODES)
    assert set(DirtySku.objects.values_list("generation", flat=True)) == {THREADS * 30}
    assert_invariants()


def test_status_changes_there_and_back_conserve_the_units():
    post_movements([Movement(place, code, "receipt", 50) for code in CODES for place in (GOOD, BAD)], actor="t")

    def work(number):
        random = Random(number)
        source, target = (GOOD, BAD) if number % 2 else (BAD, GOOD)
        for _ in range(10):
            moves = [Movement(source, code, "status_change", 1, target) for code in shuffled(random)]
            post_movements(moves, actor="t")

    together(work)
    assert LedgerEntry.objects.filter(kind="status_change").aggregate(Sum("quantity"))["quantity__sum"] == 0
    assert sum(on_hand for on_hand, _ in levels().values()) == 100 * len(CODES)
    assert_invariants()


def test_the_last_units_are_sold_once():
    post_movements([Movement(GOOD, "S0", "receipt", 10)], actor="t")

    def work(number):
        sold = 0
        for _ in range(5):
            with suppress(Conflict):
                if number % 2:
                    post_movements([Movement(GOOD, "S0", "issue", 1)], actor="t")
                else:
                    place_holds([HoldRequest(GOOD, "S0", 1, "t")], actor="t")
                sold += 1
        return sold

    assert sum(together(work)) == 10
    on_hand, allocated = levels()[GOOD, "S0"]
    assert on_hand == allocated
    assert_invariants()


def test_a_hold_is_given_back_once_however_many_close_it():
    post_movements([Movement(GOOD, code, "receipt", 50) for code in CODES], actor="t")
    ids = place_holds([HoldRequest(GOOD, code, 1, "t") for code in CODES for _ in range(4)], actor="t")

    def work(number):
        closed = []
        for pk in Random(number).sample(ids, len(ids)):
            closed += release_holds([pk, ids[-1 - ids.index(pk)]], actor="t")
        expire_holds()
        return closed

    closed = [pk for mine in together(work) for pk in mine]
    assert sorted(closed) == ids
    assert {allocated for _, allocated in levels().values()} == {0}
    assert_invariants()


def test_counts_movements_and_holds_on_the_same_rows():
    post_movements([Movement(GOOD, code, "receipt", 50) for code in CODES[::2]], actor="t")

    def work(number):
        random = Random(number)
        for _ in range(12):
            with suppress(Conflict):
                if number % 3 == 0:
                    count_stock([Count(GOOD, code, random.randint(20, 60)) for code in shuffled(random)], actor="t")
                elif number % 3 == 1:
                    moves = [Movement(GOOD, code, "adjustment", random.choice((-1, 1))) for code in shuffled(random)]
                    post_movements(moves, actor="t", atomic=False)
                else:
                    ids = place_holds([HoldRequest(GOOD, code, 1, "t") for code in shuffled(random)], actor="t")
                    release_holds(ids[::2], actor="t")

    together(work)
    assert_invariants()


def sell(random, shop):
    (result,) = reserve([ask(shop, *((code, random.randint(1, 6)) for code in random.sample(HOT, 2)), check=STOCK)])
    if result.error is None:
        release_reservations([result.reservation_id], actor="t")
    elif not isinstance(result.error, Conflict):
        raise result.error


def hold(random, _shop):
    wanted = [HoldRequest(random.choice(PLACES), code, random.randint(1, 6), "t") for code in random.sample(HOT, 2)]
    release_holds(place_holds(wanted, actor="t"), actor="t")


def shift(random, _shop):
    kinds = (("receipt",), ("issue",), ("issue",), ("status_change", GOOD, BAD), ("status_change", BAD, GOOD))
    moves = []
    for code in random.sample(HOT, 2):
        kind, source, *target = (*random.choice(kinds), random.choice(PLACES))[:3]
        moves.append(Movement(source, code, kind, random.randint(1, 5), *(target if kind == "status_change" else ())))
    post_movements(moves, actor="t", atomic=random.random() < 0.5)


def recount(random, _shop):
    counts = [(random.choice(PLACES), code, random.randint(0, 15)) for code in random.sample(HOT, 2)]
    if random.random() < 0.5:
        count_stock([Count(*one) for one in counts], actor="t", atomic=False)
        return
    with transaction.atomic():
        stage(*((code, units, None, place) for place, code, units in counts))
        count_staged("staged", actor="t", atomic=False)


def test_sales_holds_movements_and_counts_on_hot_rows_meet_conflicts_and_nothing_else():
    supply = SupplyFactory()
    for code in PLACES:
        SupplyLinkFactory(supply=supply, functional=FunctionalWarehouse.objects.get(code=code))
    shop = ShareFactory(pool=PoolFactory(supplies=[supply])).shop
    post_movements([Movement(place, code, "receipt", 10) for code in HOT for place in PLACES], actor="t")
    end = monotonic() + SECONDS

    def work(number):
        random = Random(number)
        done = 0
        while monotonic() < end:
            with suppress(Conflict):
                (sell, shift, hold, shift, recount, shift)[number](random, shop)
                done += 1
        return done

    assert all(together(work))
    assert_invariants()
