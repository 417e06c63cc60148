"""The pages: the job runs, the result shows, filters, exports and grows stale."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels.models import DedicatedUnits, Share, Shop, ShopVelocity, SimulatedNumber, SimulatedTarget, Simulation
from channels.simulation.actions import create_simulation, run_simulation
from channels.simulation.rules.edits import PublishVersion, SetPool, SetShare, read_edits
from core.errors import Conflict
from core.models import Job
from inventory.ledger.actions import set_safety_stock
from inventory.ledger.rules import SafetyStock
from inventory.models import Sku, SupplyLink, WarehouseStaff
from strategies.actions import publish_version
from tests.channels.simulation.steps import allocation, page_of, rows_of, run
from tests.channels.small_world import settle

pytestmark = pytest.mark.django_db


def test_a_draft_is_simulated_in_one_click(boss, world):
    version = allocation()
    url = reverse("admin:simulation", query={"version": version.pk})
    assert "Simulate now" in boss.get(url).content.decode()
    answer = boss.post(url)
    simulation = Simulation.objects.get()
    assert answer.url == page_of(simulation)
    assert read_edits(simulation.edits) == (PublishVersion(id=version.pk),)
    assert simulation.job.state == Job.State.QUEUED
    assert "data-follow" in boss.get(answer.url).content.decode()


def test_a_strategy_stands_for_its_latest_draft(boss, world):
    version = allocation()
    boss.post(reverse("admin:simulation", query={"strategy": version.strategy_id}))
    assert read_edits(Simulation.objects.get().edits) == (PublishVersion(id=version.pk),)
    publish_version(version, actor="ann")
    assert boss.get(reverse("admin:simulation", query={"strategy": version.strategy_id})).status_code == 404


def test_a_draft_is_added_to_a_simulation_there_is(boss, world):
    simulation = create_simulation("both", [SetPool(id=world.pool.pk, mode="priority")], actor="ann")
    version = allocation()
    boss.post(reverse("admin:simulation", query={"version": version.pk}), {"simulation": simulation.pk})
    simulation.refresh_from_db()
    assert [edit.do for edit in read_edits(simulation.edits)] == ["set_pool", "publish_version"]


def test_the_result_of_a_draft_names_it(boss, world):
    version = allocation()
    simulation = create_simulation("coats", [PublishVersion(id=version.pk)], actor="ann")
    assert run(simulation) == {"simulation": simulation.pk, "numbers": 1}
    assert rows_of(SimulatedNumber, simulation) == [(100, 40, -60)]
    assert rows_of(SimulatedTarget, simulation) == [(100, 40, -60)]
    row = SimulatedNumber.objects.get()
    assert (row.version_before, row.version_after) == (None, version.pk)
    text = boss.get(reverse("admin:channels_simulatednumber_changelist")).content.decode()
    assert "Coats v1" in text
    assert "stale" not in boss.get(page_of(simulation)).content.decode()


def test_running_again_replaces_the_rows(boss, world):
    simulation = create_simulation("a", [SetShare(id=Share.objects.get().pk, ratio=10)], actor="ann")
    run(simulation)
    run(simulation)
    assert rows_of(SimulatedNumber, simulation) == [(100, 10, -90)]


def test_while_it_runs_it_isnt_run_again(boss, world):
    simulation = create_simulation("a", [SetShare(id=Share.objects.get().pk, ratio=10)], actor="ann")
    run_simulation(simulation.pk, user=User.objects.get())
    with pytest.raises(Conflict, match="running already"):
        run_simulation(simulation.pk, user=User.objects.get())


def test_there_must_be_something_to_try(boss, world):
    with pytest.raises(Conflict, match="Add an edit"):
        run_simulation(create_simulation("a", actor="ann").pk, user=User.objects.get())


STALE = {
    "Stock has moved": lambda w: w.receive(w.coat, 5),
    "Sync policies have changed": lambda w: Shop.objects.update(sync={"buffer": 1}),
    "Strategies have changed": lambda w: publish_version(allocation(), actor="ann"),
    "The edits have changed": lambda w: Simulation.objects.update(edits=[]),
    "The network has changed": lambda w: SupplyLink.objects.update(ratio=50),
    "Changed since: Catalogue.": lambda w: Sku.objects.update(price=5),
    "Changed since: Figures of SKUs.": lambda w: ShopVelocity.objects.create(sku=w.coat, shop=w.shop, units_30=1),
    "Changed since: Safety stock.": lambda w: set_safety_stock(
        [SafetyStock(w.functional.code, w.coat.code, 3)], actor="t"
    ),
    "Changed since: Dedicated units.": lambda w: DedicatedUnits.objects.create(
        pool=w.pool, shop=w.shop, sku=w.coat, quantity=1
    ),
    "Listings have been edited": lambda w: w.listing(w.coat),
    "Listings have been edited.": lambda w: Job.objects.create(
        kind="sheet_import", state=Job.State.DONE, params={"sheet": "listings"}, finished_at=timezone.now()
    ),
}


@pytest.mark.parametrize("sentence", STALE)
def test_a_result_says_what_has_moved_since(boss, world, sentence):
    simulation = create_simulation("a", [SetShare(id=Share.objects.get().pk, ratio=10)], actor="ann")
    run(simulation)
    assert 'data-part="stale"' not in boss.get(page_of(simulation)).content.decode()
    STALE[sentence](world)
    with connection.cursor() as cursor:  # what a commit does
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    text = boss.get(page_of(simulation)).content.decode()
    assert sentence in text
    assert 'data-part="stale"' in text


@pytest.mark.django_db(transaction=True)
def test_published_strategies_are_no_change_of_the_network(boss, world):
    simulation = create_simulation("a", [SetShare(id=Share.objects.get().pk, ratio=10)], actor="ann")
    run(simulation)
    publish_version(allocation(), actor="ann")
    text = boss.get(page_of(simulation)).content.decode()
    assert "Strategies have changed" in text
    assert "The network has changed" not in text


@pytest.fixture
def result(boss, world):
    world.hat = world.sku(7)
    settle()
    simulation = create_simulation("a", [SetShare(id=Share.objects.get().pk, ratio=10)], actor="ann")
    run(simulation)
    return simulation


def test_rows_are_filtered_and_sorted(boss, world, result):
    url = reverse("admin:channels_simulatednumber_changelist")
    whole = boss.get(url, {"simulation__id__exact": result.pk}).context_data["cl"].result_list
    assert {row.sku_id for row in whole} == {world.coat.pk, world.hat.pk}
    for query, expected in (
        ({"direction": "zero"}, [world.hat.pk]),
        ({"direction": "gained"}, []),
        ({"q": world.coat.code}, [world.coat.pk]),
        ({"o": "4"}, [world.coat.pk, world.hat.pk]),
    ):
        page = boss.get(url, {"simulation__id__exact": result.pk, **query})
        assert [row.sku_id for row in page.context_data["cl"].result_list] == expected


@pytest.mark.parametrize("name", ["simulatednumber", "simulatedtarget"])
def test_rows_go_to_excel_and_nothing_comes_back(boss, result, name):
    export = reverse(f"admin:channels_{name}_export")
    assert boss.get(export).status_code == 200
    data = boss.post(export, {"format": "1", "resource": "0"}).content.decode("utf-8-sig")
    assert "100,10,-90" in data
    sheet = {"simulatednumber": "simulated-numbers", "simulatedtarget": "simulated-targets"}[name]
    assert boss.get(reverse(f"admin:channels_{name}_sheet", args=[sheet])).status_code == 404


def test_a_simulation_is_deleted_with_its_rows(boss, result):
    url = reverse("admin:channels_simulation_delete", args=[result.pk])
    assert boss.get(url).status_code == 200
    boss.post(url, {"post": "yes"})
    assert not SimulatedNumber.objects.exists()
    assert not Simulation.objects.exists()


def test_people_without_the_permission_see_nothing(world, result):
    client = Client()
    client.force_login(User.objects.create_user("eve", is_staff=True))
    for url in (page_of(result), reverse("admin:which_strategy"), reverse("admin:channels_simulation_add")):
        assert client.get(url).status_code == 403


def test_which_strategy_decides_now_and_then(boss, world):
    with transaction.atomic():
        first = allocation("A", ratio=40)
        publish_version(first, actor="ann")
    settle()
    url = reverse("admin:which_strategy")
    query = {"shop": world.shop.code, "sku": world.coat.code}
    text = boss.get(url, query).content.decode()
    assert re.findall(r'data-winner="(\d*)"', text) == [str(first.pk), ""]
    assert f'data-recorded="{first.pk}"' in text
    text = boss.get(url, {**query, "at": "2020-01-01T10:00"}).content.decode()
    assert re.findall(r'data-winner="(\d*)"', text) == ["", ""]
    assert "future" in boss.get(url, {**query, "at": "2999-01-01T10:00"}).content.decode()
    assert "no date" in boss.get(url, {**query, "at": "soon"}).content.decode()
    assert "No SKU matches" in boss.get(url, {**query, "sku": "nothing"}).content.decode()
    assert boss.get(url).status_code == 200


def test_people_of_single_warehouses_dont_see_who_decides_shops(world):
    clerk = User.objects.create_superuser("clerk")
    client = Client()
    client.force_login(clerk)
    query = {"shop": world.shop.code, "sku": world.coat.code}
    assert client.get(reverse("admin:which_strategy"), query).status_code == 200
    WarehouseStaff.objects.create(user=clerk, warehouse=world.functional.warehouse)
    assert client.get(reverse("admin:which_strategy"), query).status_code == 403
