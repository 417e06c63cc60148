"""Marks: which SKUs a change of configuration touches, and no others."""

from threading import Thread

import pytest
from django.db import connection, transaction

from inventory.ledger.actions import (
    Movement,
    mark_categories,
    mark_functionals,
    mark_pools,
    mark_skus,
    mark_supplies,
    post_movements,
)
from inventory.ledger.actions.marks import fold_batches
from inventory.models import DirtyBatch, DirtySku, Sku, WaitingSku
from tests.factories import CategoryFactory, PoolFactory, SkuFactory, SupplyFactory, SupplyLinkFactory
from tests.inventory.stock_checks import make_place, marks

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """A lies in DC1, B in DC2, C in both; D lay in DC1 once, E nowhere."""
    one, two = make_place("DC1"), make_place("DC2")
    top = CategoryFactory(code="top")
    middle = CategoryFactory(code="middle", parent=top)
    leaf = CategoryFactory(code="leaf", parent=middle)
    for code, category in {"A": leaf, "B": leaf, "C": top, "D": leaf, "E": leaf}.items():
        SkuFactory(code=code, category=category)
    post_movements(
        [
            Movement("DC1-GOOD", "A", "receipt", 1),
            Movement("DC2-GOOD", "B", "receipt", 1),
            Movement("DC1-GOOD", "C", "receipt", 1),
            Movement("DC2-GOOD", "C", "receipt", 1),
            Movement("DC1-GOOD", "D", "receipt", 1),
            Movement("DC1-GOOD", "D", "issue", 1),
        ],
        actor="ann",
    )
    DirtySku.objects.all().delete()
    return {"one": one, "two": two, "top": top, "middle": middle, "leaf": leaf}


def test_a_mark_grows_and_keeps_its_time_and_lease(world):
    a, b = Sku.objects.get(code="A").pk, Sku.objects.get(code="B").pk
    assert mark_skus([b, a, b]) == 2
    first = DirtySku.objects.get(sku=a)
    assert mark_skus(iter([a])) == 1
    again = DirtySku.objects.get(sku=a)
    assert marks() == {"A": 2, "B": 1}
    assert again.marked_at == first.marked_at


def test_nothing_to_mark_sends_nothing(world, monkeypatch):
    sent = []
    monkeypatch.setattr("inventory.ledger.actions.marks.nudge", sent.append)
    assert mark_skus([]) == mark_functionals([]) == mark_categories([]) == 0
    assert mark_functionals([world["one"].defective.pk]) == 0
    assert sent == []
    mark_skus([Sku.objects.get(code="A").pk])
    assert sent == ["channels.cascade.tasks.recompute_dirty"]


def test_functionals_mark_what_lies_in_them(world):
    assert mark_functionals([world["one"].good.pk]) == 2
    assert marks() == {"A": 1, "C": 1}
    assert mark_functionals([world["one"].good.pk, world["two"].good.pk]) == 3
    assert marks() == {"A": 2, "B": 1, "C": 2}


def test_supplies_and_pools_mark_what_lies_beneath_them(world):
    supply = SupplyFactory()
    SupplyLinkFactory(supply=supply, functional=world["two"].good)
    pool = PoolFactory(supplies=[supply])
    PoolFactory(supplies=[])

    assert mark_supplies([supply.pk]) == 2
    assert marks() == {"B": 1, "C": 1}
    assert mark_pools([pool.pk]) == 2
    assert marks() == {"B": 2, "C": 2}


def test_categories_mark_down_the_tree(world):
    assert mark_categories([world["middle"].pk]) == 2
    assert marks() == {"A": 1, "B": 1}
    assert mark_categories([world["top"].pk, world["leaf"].pk]) == 3


def test_categories_mark_where_asked(world):
    assert mark_categories([world["top"].pk], [world["two"].good.pk]) == 2
    assert marks() == {"B": 1, "C": 1}
    assert mark_categories([world["top"].pk], []) == 0


def test_marks_are_made_in_order_of_sku(world):
    """Two transactions that mark the same SKUs wait for each other instead of deadlocking."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM inventory_dirtysku")
    mark_skus(sorted(Sku.objects.values_list("pk", flat=True), reverse=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT sku_id FROM inventory_dirtysku ORDER BY ctid")
        stored = [pk for (pk,) in cursor.fetchall()]
    assert stored == sorted(stored)


def test_batches_become_marks_once():
    a, b = SkuFactory(), SkuFactory()
    DirtySku.objects.all().delete()
    DirtyBatch.objects.create(sku_ids=[a.pk, b.pk])
    DirtyBatch.objects.create(sku_ids=[b.pk])
    waiting = dict(WaitingSku.objects.values_list("sku_id", "generation"))
    assert waiting == {a.pk: 1, b.pk: 2}
    fold_batches()
    fold_batches()
    assert dict(DirtySku.objects.values_list("sku_id", "generation")) == {a.pk: 1, b.pk: 1}
    assert set(WaitingSku.objects.values_list("sku_id", flat=True)) == {a.pk, b.pk}
    assert not DirtyBatch.objects.exists()
    DirtyBatch.objects.create(sku_ids=[a.pk])
    fold_batches()
    assert DirtySku.objects.get(sku=a).generation == 2


@pytest.mark.django_db(transaction=True)
def test_who_holds_a_mark_for_long_keeps_only_its_own_batches_waiting():
    a, b = SkuFactory(), SkuFactory()
    mark_skus([a.pk])
    DirtyBatch.objects.create(sku_ids=[a.pk])
    DirtyBatch.objects.create(sku_ids=[b.pk])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT FROM inventory_dirtysku WHERE sku_id = %s FOR UPDATE", [a.pk])
        worker = Thread(target=_fold_in_a_thread)
        worker.start()
        worker.join()
    assert [batch.sku_ids for batch in DirtyBatch.objects.all()] == [[a.pk]]
    assert DirtySku.objects.filter(sku=b).exists()
    fold_batches()
    assert not DirtyBatch.objects.exists()


def _fold_in_a_thread():
    try:
        fold_batches()
    finally:
        connection.close()
