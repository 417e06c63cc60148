"""What no page would send to simulations is refused in words, and never with a broken server."""

import pytest
from django.urls import reverse

from channels.models import Simulation
from channels.simulation.actions import create_simulation
from channels.simulation.actions.simulations import MOST_EDITS
from channels.simulation.rules.edits import SetPool
from strategies.actions import create_strategy
from tests.channels.small_world import small_world

pytestmark = pytest.mark.django_db

LONG = "9" * 5000  # more digits than Python reads
EDITS = ("publish_version", "retire_strategy", "reorder_strategies", "set_share", "set_pool", "set_link", "set_policy")


@pytest.fixture
def world():
    return small_world()


@pytest.fixture
def simulation():
    return create_simulation("a", actor="ann")


@pytest.mark.parametrize("place", ["x", "", "-1", LONG, "\0"])
def test_an_edit_that_isnt_there_is_gone(admin_client, simulation, place):
    page = reverse("admin:channels_simulation_change", args=[simulation.pk])
    assert "gone already" in admin_client.post(page, {"remove": place}, follow=True).content.decode()


@pytest.mark.parametrize("pk", [LONG, "9" * 30, "x", "\0"])
@pytest.mark.parametrize("do", EDITS)
def test_an_edit_of_nothing(admin_client, world, simulation, do, pk):
    page = reverse("admin:channels_simulation_edit", args=[simulation.pk, do])
    assert admin_client.get(page, {"id": pk, "level": "shop"}).status_code in (200, 404)
    assert admin_client.post(page, {"id": pk}).status_code in (200, 404)
    simulation.refresh_from_db()
    assert simulation.edits == []


@pytest.mark.parametrize("pk", [LONG, "9" * 30, "x", "\0"])
def test_a_draft_that_isnt_there_isnt_simulated(admin_client, simulation, pk):
    draft = create_strategy(kind="sync", code="a", name="a", conditions={}, action={}, actor="ann")
    page = reverse("admin:simulation")
    assert admin_client.get(page, {"version": pk}).status_code == 404
    assert admin_client.get(page, {"strategy": pk}).status_code == 404
    answer = admin_client.post(f"{page}?version={draft.pk}", {"simulation": pk})
    assert answer.status_code == 404
    assert Simulation.objects.count() == 1


def test_a_full_simulation_takes_no_other_draft(admin_client):
    draft = create_strategy(kind="sync", code="a", name="a", conditions={}, action={}, actor="ann")
    full = create_simulation("full", [SetPool(id=pk, scarcity_at=1) for pk in range(MOST_EDITS)], actor="ann")
    page = f"{reverse('admin:simulation')}?version={draft.pk}"
    answer = admin_client.post(page, {"simulation": full.pk}, follow=True)
    assert "at most" in answer.content.decode()
    full.refresh_from_db()
    assert len(full.edits) == MOST_EDITS
    assert full.job is None


@pytest.mark.parametrize(
    "asked", [{"shop": "\0"}, {"sku": "\0"}, {"pool": "\0"}, {"at": "0001-01-01T00:00+14:00"}, {"at": "\0"}]
)
def test_which_strategy_decides_nowhere(admin_client, world, asked):
    query = {"shop": world.shop.code, "sku": world.sku(1).code, **asked}
    assert admin_client.get(reverse("admin:which_strategy"), query).status_code == 200
