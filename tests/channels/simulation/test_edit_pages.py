"""The pages where edits are added to a simulation and taken out of it."""

import pytest
from django.urls import reverse

from channels.models import Listing, Share, Shop, SimulatedNumber, SyncDefaults
from channels.simulation.actions import create_simulation
from channels.simulation.rules.edits import read_edits
from inventory.models import Pool, SupplyLink
from strategies.actions import publish_version
from tests.channels.simulation.steps import allocation, page_of, rows_of, run
from tests.html_forms import read_form

pytestmark = pytest.mark.django_db


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
