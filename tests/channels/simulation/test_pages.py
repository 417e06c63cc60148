"""The pages: edits are added and removed, the job runs, the result shows, filters, exports and grows stale."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels.models import (
    DedicatedUnits,
    Listing,
    Share,
    Shop,
    ShopVelocity,
    SimulatedNumber,
    SimulatedTarget,
    Simulation,
    SyncDefaults,
)
from channels.simulation.actions import create_simulation, run_simulation
from channels.simulation.actions.running import run_now
from channels.simulation.rules.edits import PublishVersion, SetPool, SetShare, read_edits
from core.errors import Conflict
from core.models import Job
from core.progress import Progress
from inventory.ledger.actions import set_safety_stock
from inventory.ledger.rules import SafetyStock
from inventory.models import Pool, Sku, SupplyLink
from strategies.actions import create_strategy, publish_version
from tests.channels.small_world import settle, small_world
from tests.html_forms import read_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    world = small_world()
    world.coat = world.sku(100)
    world.item = world.listing(world.coat)
    settle()
    return world


@pytest.fixture
def boss():
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


def allocation(code="COATS", ratio=40):
    return create_strategy(
        kind="allocation",
        code=code,
        name=code.title(),
        conditions={},
        action={"shares": [{"ratio": ratio}]},
        actor="ann",
    )


def run(simulation):
    """As a worker does, in the transaction of the test."""
    job = run_simulation(simulation.pk, user=User.objects.get(username="boss"))
    result = run_now(job, Progress(job), lambda work: work())
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, result=result)
    simulation.refresh_from_db()
    return result


def page_of(simulation):
    return reverse("admin:channels_simulation_change", args=[simulation.pk])


def rows_of(model, simulation):
    return list(model.objects.filter(simulation=simulation).values_list("before", "after", "difference"))


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


def edit_url(simulation, do, **query):
    return reverse("admin:channels_simulation_edit", args=[simulation.pk, do], query=query)


FORMS = {
    "set_share": (Share, {"ratio": "12.5"}, {"ratio"}),
    "set_link": (SupplyLink, {"reserve": "7"}, {"reserve"}),
    "set_pool": (Pool, {"scarcity_at": "9"}, {"scarcity_at"}),
}


@pytest.mark.parametrize("do", FORMS)
def test_an_edit_names_only_what_differs(boss, world, do):
    model, said, given = FORMS[do]
    simulation, thing = create_simulation("a", actor="ann"), model.objects.get()
    assert f"id={thing.pk}" in boss.get(edit_url(simulation, do)).content.decode()
    url = edit_url(simulation, do, id=thing.pk)
    values = read_form(boss.get(url).content.decode(), "onepool_form")
    assert boss.post(url, {**values, **said}).status_code == 302
    simulation.refresh_from_db()
    (edit,) = read_edits(simulation.edits)
    assert (edit.do, edit.id, edit.given().keys()) == (do, thing.pk, given)
    text = boss.get(page_of(simulation)).content.decode()
    assert "Remove" in text
    boss.post(page_of(simulation), {"remove": "0"})
    simulation.refresh_from_db()
    assert simulation.edits == []


def test_an_edit_without_a_difference_is_refused(boss, world):
    simulation = create_simulation("a", actor="ann")
    url = edit_url(simulation, "set_share", id=Share.objects.get().pk)
    page = boss.post(url, read_form(boss.get(url).content.decode(), "onepool_form"))
    assert "nothing is different yet" in page.content.decode()


@pytest.mark.parametrize("level", ["default", "shop", "listing"])
def test_a_policy_is_edited_field_by_field(boss, world, level):
    SyncDefaults.objects.update_or_create(pk=1, defaults={"policy": {"buffer": 2}})
    Shop.objects.update(sync={"buffer": 2})
    Listing.objects.update(sync={"buffer": 2})
    simulation = create_simulation("a", actor="ann")
    pk = {"default": 1, "shop": world.shop.pk, "listing": world.item.pk}[level]
    assert (
        boss.get(edit_url(simulation, "set_policy", level=level if level != "default" else "shop")).status_code == 200
    )
    url = edit_url(simulation, "set_policy", level=level, id=pk)
    values = read_form(boss.get(url).content.decode(), "onepool_form")
    assert values["policy_buffer_0"] == "2"
    boss.post(url, {**values, "policy_buffer_0": "", "policy_max_quantity_0": "5"})
    simulation.refresh_from_db()
    (edit,) = read_edits(simulation.edits)
    assert (edit.level, edit.policy, edit.unset) == (level, {"max_quantity": 5}, ("buffer",))
    assert boss.get(page_of(simulation)).status_code == 200


def test_strategies_are_chosen_from_lists(boss, world):
    first, second = allocation("A"), allocation("B")
    publish_version(first, actor="ann")
    simulation = create_simulation("a", actor="ann")
    assert "B v1" in boss.get(edit_url(simulation, "publish_version")).content.decode()
    boss.post(edit_url(simulation, "publish_version"), {"id": second.pk})
    boss.post(edit_url(simulation, "retire_strategy"), {"id": first.strategy_id})
    url = edit_url(simulation, "reorder_strategies", id=second.strategy_id)
    assert boss.get(url).status_code == 200
    boss.post(url, {"place": "1"})
    simulation.refresh_from_db()
    assert [edit.do for edit in read_edits(simulation.edits)] == [
        "publish_version", "retire_strategy", "reorder_strategies",
    ]  # fmt: skip
    assert read_edits(simulation.edits)[2].order == (second.strategy_id, first.strategy_id)
    assert boss.get(page_of(simulation)).status_code == 200
    run(simulation)
    assert rows_of(SimulatedNumber, simulation) == []  # B shares 40 % as A does


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
