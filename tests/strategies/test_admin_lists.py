"""The list of strategies: what it shows, and the change of the order."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from inventory.warehouses.actions import ensure_roles
from strategies.actions import publish_version, retire_strategy, save_draft
from strategies.models import Strategy
from tests.channels.small_world import small_world
from tests.factories import BrandFactory
from tests.querycounts import assert_query_count, count_queries
from tests.strategies.pages import KIND, make, row, url, when

pytestmark = pytest.mark.django_db
LIST = "/admin/strategies/strategy/"


@pytest.fixture
def world():
    return small_world()


def _publish(name, **content):
    strategy, version = make(name, **content)
    publish_version(version, actor="anna")
    return strategy


def _names(client, **query):
    return [line.name for line in client.get(LIST, {"kind": KIND, **query}).context["rows"]]


def _figures(client):
    return client.get(url("strategy_figures", KIND)).json()["strategies"]


def test_an_empty_list_says_what_to_do(admin_client):
    page = admin_client.get(LIST, {"kind": KIND}).content.decode()
    assert "Add the first strategy" in page
    assert url("strategies_strategy_add") + f"?kind={KIND}" in page


def test_every_line_says_what_is_in_force_and_what_waits(admin_client, world):
    strategy = _publish("Coats", conditions=when(row("price", "ge", "100")), action={"ratio": 80})
    save_draft(strategy, conditions={}, action={"ratio": 70}, note="", actor="anna")
    _old, planned = make("Skirts", action={"buffer": 1})
    publish_version(planned, at=timezone.now() + timezone.timedelta(days=1), actor="anna")
    retired = _publish("Shoes")
    retire_strategy(retired, actor="anna")
    page = admin_client.get(LIST, {"kind": KIND}).content.decode()
    for words in ("Version 1 in force", "Draft 2 waits", "Version 1 planned for", "Retired", "price is at least 100"):
        assert words in page
    assert _names(admin_client) == ["Coats", "Skirts", "Shoes"]
    assert _names(admin_client, state="in_force") == ["Coats"]
    assert _names(admin_client, state="draft") == ["Coats", "Skirts"]
    assert _names(admin_client, state="planned") == ["Skirts"]
    assert _names(admin_client, state="off") == ["Skirts", "Shoes"]
    assert _names(admin_client, q="coat") == ["Coats"]
    assert _names(admin_client, q="keep back") == ["Skirts"]
    assert _names(admin_client, q="nothing like it") == []
    assert "Show all" in admin_client.get(LIST, {"kind": KIND, "q": "nothing like it"}).content.decode()


def test_figures_tell_what_each_decides_and_who_is_shadowed(admin_client, world):
    world.sku(price=50)
    world.sku(price=500)
    wide = _publish("All", action={"ratio": 80})
    narrow = _publish("Dear", conditions=when(row("price", "ge", "100")), action={"ratio": 50})
    found = _figures(admin_client)
    assert found[str(wide.pk)]["skus"] == "2"
    assert found[str(narrow.pk)]["skus"] == "0"
    assert found[str(narrow.pk)]["labels"]
    assert "All" in " ".join(found[str(narrow.pk)]["findings"])


def test_an_order_is_looked_at_and_saved(admin_client, world):
    world.sku(price=50)
    world.sku(price=500)
    wide = _publish("All", action={"ratio": 80})
    narrow = _publish("Dear", conditions=when(row("price", "ge", "100")), action={"ratio": 50})
    swapped = {"ids": [narrow.pk, wide.pk]}
    said = admin_client.post(url("strategy_order_look", KIND), swapped).json()
    assert said == {"skus": 1, "words": "1 SKU would be decided by another strategy than now."}
    assert _names(admin_client) == ["All", "Dear"]
    assert admin_client.post(url("strategy_order_save", KIND), swapped).json() == {}
    assert _names(admin_client) == ["Dear", "All"]
    assert {pk: line["skus"] for pk, line in _figures(admin_client).items()} == {str(narrow.pk): "1", str(wide.pk): "1"}
    assert admin_client.post(url("strategy_order_save", KIND), {"ids": [wide.pk]}).json()["problem"]
    same = admin_client.post(url("strategy_order_look", KIND), swapped).json()
    assert same == {"skus": 0, "words": "No SKU would be decided by another strategy."}


def test_rights_are_asked_for(client, django_user_model, world):
    ensure_roles()
    strategy, version = make()
    user = django_user_model.objects.create_user("somebody", is_staff=True)
    client.force_login(user)
    reads = [LIST, url("strategy_figures", KIND), url("strategies_strategy_change", strategy.pk)]
    writes = [
        url("strategies_strategy_add") + f"?kind={KIND}",
        url("strategy_edit", strategy.pk),
        url("strategy_publish", strategy.pk, version.number),
    ]
    posts = [url("strategy_create", KIND), url("strategy_save", strategy.pk), url("strategy_order_save", KIND)]
    for address in (*reads, *writes):
        assert client.get(address).status_code == 403, address
    for address in (*posts, url("strategy_look", KIND)):
        assert client.post(address).status_code == 403, address
    user.groups.set(Group.objects.filter(name="Merchandiser"))
    for address in (*reads, *writes):
        assert client.get(address).status_code == 200, address
    for address in posts:
        assert client.post(address).status_code == 200, address
    assert "st-grip" not in client.get(LIST).content.decode(), "one strategy has no order"


def test_the_list_asks_as_often_for_many_as_for_few(admin_client, world):
    def grow(count):
        for _number in range(count):
            brand = BrandFactory().code
            _publish(f"S{Strategy.objects.count()}", conditions=when(row("brand", "in", [brand])), action={"ratio": 9})

    grow(3)
    admin_client.get(LIST, {"kind": KIND})
    assert_query_count("strategies:list", lambda: admin_client.get(LIST, {"kind": KIND}))
    few, _queries = count_queries(lambda: admin_client.get(LIST, {"kind": KIND}))
    grow(7)
    many, queries = count_queries(lambda: admin_client.get(LIST, {"kind": KIND}))
    assert many == few, "\n".join(queries)
