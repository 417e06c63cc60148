"""The short way of reserve(): what it books is what the thorough way books, and it leaves everything unusual to it."""

from importlib import import_module

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from channels.cascade import networks
from channels.models import DedicatedUnits, Reservation
from channels.reservations.actions import express, names, release_reservations, reserve
from core import prepared
from inventory.models import Category, Hold, StockRow, WaitingSku
from tests.channels.reservations.asking import STOCK, answer, ask, free, said, short, short_of, take
from tests.channels.small_world import settle, small_world
from tests.factories import BundleComponentFactory, SkuFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _always_tried(monkeypatch):
    monkeypatch.setattr(express, "MOST_PATIENT", 0)
    monkeypatch.setattr(networks, "_KEPT", {})
    monkeypatch.setattr(names, "_KEPT", {})


@pytest.fixture
def ways(monkeypatch):
    """Which way each batch has gone: True for the short one."""
    gone = []
    tried = express.Express.run

    def run(self, requests):
        results = tried(self, requests)
        gone.append(results is not None)
        return results

    monkeypatch.setattr(express.Express, "run", run)
    return gone


@pytest.fixture
def world():
    """A process that has sold before, and so knows the network."""
    world = small_world()
    take(world.shop, (world.sku(1, code="FIRST"), 1))
    return world


def stored():
    """Everything a batch writes, but for ids and times."""
    holds = Hold.objects.order_by("id").values_list(
        "sku__code", "functional__code", "kind", "quantity", "reason", "reference", "line", "provisional",
        "safety_used", "expires_at", "actor", "closed_at", "closed_by", "outcome",
    )  # fmt: skip
    made = Reservation.objects.order_by("key").values_list(
        "shop__code", "caller", "key", "request_hash", "check_kind", "pool", "state", "answer", "reference", "reason",
        "actor", "closed_at", "closed_by",
    )  # fmt: skip
    rows = StockRow.objects.order_by("sku__code").values_list("sku__code", "on_hand", "allocated", "version")
    waiting = WaitingSku.objects.order_by("sku__code").values_list("sku__code", flat=True)
    return list(holds), list(made), list(rows), list(waiting)


def test_both_ways_write_the_same(world, ways, monkeypatch):
    coat, scarf = world.sku(9, code="COAT"), world.sku(9, code="SCARF")
    settle()
    requests = [
        ask(world.shop, (coat, 2), (scarf, 1), (coat, 1), key="a", reference="no 1", reason="why", actor="amy"),
        ask(world.shop, (scarf, 3), key="b", check=STOCK),
        ask(world.shop, (coat, 1), key="c", partial=True),
    ]
    short_way = [said(result) for result in reserve(requests)]
    written = stored()
    ids = [one["id"] for one in short_way]
    release_reservations(ids, actor="t")
    Hold.objects.filter(source_id__in=ids).delete()
    Reservation.objects.filter(pk__in=ids).delete()
    StockRow.objects.filter(sku__in=[coat, scarf]).update(version=1)
    settle()
    monkeypatch.setattr(express.Express, "run", lambda *_: ways.append(False))
    thorough = [said(result) for result in reserve(requests)]
    assert ways == [True, False]
    assert [one | {"id": 0} for one in thorough] == [one | {"id": 0} for one in short_way]
    again = stored()
    assert again[0] == written[0]
    assert again[1] == written[1]
    assert [row[:3] for row in again[2]] == [row[:3] for row in written[2]]
    assert again[3] == written[3] == ["COAT", "SCARF"]


def test_a_known_key_gets_its_first_answer_and_books_nothing(world, ways):
    sku = world.sku(9)
    request, other = ask(world.shop, (sku, 2), key="again"), ask(world.shop, (sku, 1))
    (first,) = reserve([request])
    replay, fresh = reserve([request, other])
    assert ways == [True, False]
    assert replay.replayed
    assert replay.answer == first.answer
    assert fresh.error is None
    assert free(world.functional.code, sku) == 6


def test_known_keys_leave_no_statements_behind(world):
    request = ask(world.shop, (world.sku(9), 2))
    reserve([request])
    reserve([request])
    before = prepared_statements()
    for _ in range(5):
        reserve([request])
    assert prepared_statements() == before


def prepared_statements():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        return cursor.fetchone()[0]


def test_who_is_short_is_told_by_the_thorough_way_and_the_others_are_served(world, ways):
    sku = world.sku(3)
    served, refused = reserve([ask(world.shop, (sku, 2)), ask(world.shop, (sku, 2))])
    assert ways == [False]
    assert served.error is None
    assert short_of(refused) == [(sku.code, 2, 1)]
    assert free(world.functional.code, sku) == 1


def test_a_network_that_has_changed_is_noticed(world, ways):
    sku = world.sku(10)
    answer(world.shop, (sku, 1))
    world.pool.shares.update(ratio=50)
    assert short(world.shop, (sku, 5)) == [(sku.code, 5, 4)]
    answer(world.shop, (sku, 4))
    assert ways == [True, False, True]


def test_a_sku_that_has_become_a_bundle_is_noticed(world, ways):
    sku, part = world.sku(1), world.sku(10)
    answer(world.shop, (sku, 1))
    BundleComponentFactory(bundle=sku, component=part, quantity=2)
    holds = answer(world.shop, (sku, 1))["lines"][0]["holds"]
    assert holds == [{"functional": world.functional.code, "quantity": 2, "sku": part.code}]
    assert ways == [True, False]


def test_a_code_that_has_gone_to_another_sku_is_noticed(world, ways):
    old, new = world.sku(10, code="OLD"), world.sku(3, code="NEW")
    answer(world.shop, (old, 1), (new, 1))
    type(old).objects.filter(pk=old.pk).update(code="GONE")
    type(new).objects.filter(pk=new.pk).update(code="OLD")
    assert short(world.shop, ("OLD", 3)) == [("OLD", 3, 2)]
    answer(world.shop, ("OLD", 2))
    assert free(world.functional.code, new) == 0
    assert ways == [True, False, True]


def test_a_category_that_has_changed_is_noticed(world):
    sku = world.sku(10)
    answer(world.shop, (sku, 1))
    half = Category.objects.create(code="half", name="Half")
    world.supply.links.get().overrides.create(category=half, ratio=50)
    answer(world.shop, (sku, 1))
    type(sku).objects.filter(pk=sku.pk).update(category=half)
    assert short(world.shop, (sku, 5)) == [(sku.code, 5, 4)]


def test_dedicated_units_are_left_to_the_thorough_way(world, ways):
    sku = world.sku(10)
    DedicatedUnits.objects.create(pool=world.pool, shop=world.shop, sku=sku, quantity=4)
    answer(world.shop, (sku, 3))
    assert DedicatedUnits.objects.get().consumed == 3
    assert ways == [False]


def test_a_sku_nobody_knows_is_refused(world, ways):
    (result,) = reserve([ask(world.shop, ("NOBODY", 1))])
    assert "NOBODY" in str(result.error)
    assert ways == [False]


def test_inside_a_transaction_nothing_is_sold_by_itself(world, ways):
    sku = world.sku(5)
    with transaction.atomic():
        answer(world.shop, (sku, 1))
        transaction.set_rollback(True)
    assert ways == []
    assert free(world.functional.code, sku) == 5


def test_whoever_fails_between_the_trips_books_nothing_and_the_connection_goes_on(world, monkeypatch):
    sku = world.sku(5)
    monkeypatch.setattr(express, "opening", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        reserve([ask(world.shop, (sku, 1))])
    monkeypatch.undo()
    assert free(world.functional.code, sku) == 5
    assert not WaitingSku.objects.filter(sku=sku).exclude(leased_until=None).exists()
    answer(world.shop, (sku, 1))
    assert free(world.functional.code, sku) == 4


def test_after_a_failure_the_short_way_is_tried_less_often(world, ways, monkeypatch):
    monkeypatch.setattr(express, "MOST_PATIENT", 64)
    monkeypatch.setattr(import_module("channels.reservations.actions.reserve"), "_EXPRESS", express.Express())
    sku, plenty = world.sku(1), world.sku(99)
    for _ in range(3):
        short(world.shop, (sku, 2))
    taken = []
    monkeypatch.setattr(express, "_reserve_all", lambda requests: taken.append(len(requests)))
    for _ in range(10):
        answer(world.shop, (plenty, 1))
    assert 0 < len(taken) < 5
    assert ways == [False] * 13


def test_statements_of_one_trip_end_together(db):
    with prepared.own_transaction() as raw:
        trip = prepared.Trip(raw)
        trip.send("BEGIN")
        trip.send("SELECT %s::int", ["1"])
        trip.send("SELECT 1 / %s::int", ["0"])
        with pytest.raises(Exception, match="division by zero"):
            trip.receive()
    with prepared.own_transaction() as raw:
        trip = prepared.Trip(raw)
        trip.send("SELECT %s::int", ["1"])
        trip.send("SELECT %s::int + 1", ["1"])
        assert trip.receive() == [[(1,)], [(2,)]]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 3")
        assert cursor.fetchone() == (3,)


def test_who_never_receives_loses_the_connection_and_nothing_else(world):
    sku = SkuFactory()
    with prepared.own_transaction() as raw:
        trip = prepared.Trip(raw)
        trip.send("BEGIN")
        trip.send("DELETE FROM inventory_sku WHERE id = %s::bigint RETURNING id", [str(sku.pk)])
        trip.depart()
    assert type(sku).objects.filter(pk=sku.pk).exists()


def test_a_trip_is_nobodys_part():
    with transaction.atomic(), pytest.raises(RuntimeError), prepared.own_transaction():
        pass


def lose_the_server():
    with prepared.own_transaction() as raw:
        with psycopg.connect(raw.info.dsn, password=raw.info.password, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [raw.info.backend_pid])
        trip = prepared.Trip(raw)
        trip.send("SELECT %s::int", ["1"])
        trip.receive()


def test_a_server_that_is_gone_is_told_as_such():
    with pytest.raises(OperationalError):
        lose_the_server()
    connection.close()
