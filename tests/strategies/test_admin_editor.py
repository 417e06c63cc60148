"""The editor's page and what its script asks: choices, the look at a draft, saving."""

import json
import re

import pytest

from strategies.models import Strategy, StrategyVersion
from tests.channels.small_world import small_world
from tests.factories import BrandFactory, CategoryFactory, SkuFactory
from tests.strategies.pages import KIND, make, row, sent, url, when

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return small_world()


def _look(client, conditions, **boxes):
    return client.post(url("strategy_look", KIND), sent(conditions, **boxes)).json()


def _create(client, conditions, **boxes):
    return client.post(url("strategy_create", KIND), sent(conditions, **boxes)).json()


def _data(page):
    found = re.search(r'id="strategy-editor-data" type="application/json">(.*?)</script>', page.content.decode())
    return json.loads(found.group(1))


def test_the_editor_offers_every_fact_with_operators_and_boxes_of_its_type(admin_client, world):
    data = _data(admin_client.get(url("strategies_strategy_add") + f"?kind={KIND}"))
    assert {"channel", "category", "price", "weekday", "velocity_7"} <= set(data["facts"])
    price = data["facts"]["price"]
    assert (price["type"], price["input"], price["step"]) == ("number", "number", "0.01")
    assert data["facts"]["sku"]["searched"]
    shapes = {kind: {each["op"]: each["shape"] for each in ops} for kind, ops in data["operators"].items()}
    assert shapes["tree"]["within"] == "codes"
    assert next(iter(shapes["number"])) == "ge"
    assert [shapes["number"][op] for op in ("le", "between", "empty")] == ["single", "pair", "none"]
    assert shapes["flag"] == {"eq": "flag"}
    assert shapes["text"]["in"] == "words"


def test_choices_come_whole_or_by_words(admin_client, world):
    parent = CategoryFactory(code="COATS", name="Coats")
    CategoryFactory(code="LONG", name="Long coats", parent=parent)
    SkuFactory(code="C-1", name="羊毛大衣", search_name="羊毛大衣 ymdy yangmaodayi")
    SkuFactory(code="C-2", name="Skirt")

    def ask(**query):
        return admin_client.get(url("strategy_choices", KIND), query).json()["choices"]

    tree = {each["code"]: each["parent"] for each in ask(fact="category")}
    assert (tree["COATS"], tree["LONG"]) == (None, "COATS")
    assert [each["code"] for each in ask(fact="sku", q="ymdy")] == ["C-1"]
    assert ask(fact="sku") == []
    assert admin_client.get(url("strategy_choices", KIND), {"fact": "nothing"}).status_code == 404
    assert admin_client.get(url("strategy_choices", "nothing"), {"fact": "sku"}).status_code == 404


def test_a_look_counts_names_and_says_what_matches(admin_client, world):
    cheap, dear = world.sku(price=50), world.sku(price=500)
    said = _look(admin_client, when(row("price", "ge", "100")), ratio_0="80")
    assert (said["skus"], said["cells"]) == (1, 1)
    assert dear.code in said["sample"][0]["words"]
    assert cheap.code not in json.dumps(said["sample"])
    assert said["sample"][0]["places"] == "everywhere"
    assert "price is at least 100" in said["words"]
    assert "80" in said["words"]
    assert not Strategy.objects.exists()


def test_a_look_names_the_places_when_they_are_not_all(admin_client, world):
    other = small_world()
    sku = world.sku()
    said = _look(admin_client, when(row("shop", "in", [other.shop.code])))
    assert (said["skus"], said["cells"]) == (1, 1)
    assert said["sample"] == [{"words": f"{sku.code} {sku.name}", "places": other.shop.code}]


def test_a_sample_is_spread_over_everything_that_matches(admin_client, world):
    codes = [world.sku().code for _number in range(35)]
    said = _look(admin_client, when())
    assert said["skus"] == 35
    assert len(said["sample"]) == 10
    assert said["sample"][-1]["words"].split()[0] in codes[27:]


def test_a_fault_stands_beside_its_row(admin_client, world):
    conditions = when(row("price", "ge", "100"), row("price", "between", ["9", "5"]))
    said = _look(admin_client, conditions)
    assert [fault["path"] for fault in said["faults"]] == ["conditions.any[0].all[1].value"]
    assert said["skus"] is None
    assert said["words"].startswith("…")


def test_what_is_not_from_the_editor_is_refused_in_words(admin_client, world):
    assert admin_client.post(url("strategy_look", KIND), {"conditions": "{"}).json()["problems"]
    assert _look(admin_client, {"any": "x"})["faults"]
    assert _look(admin_client, when({"fact": "price", "op": "wild", "value": 1}))["faults"]


def test_saving_makes_a_numbered_draft_with_a_code_of_its_own(admin_client, world):
    conditions = when(row("price", "ge", "100"))
    said = _create(admin_client, conditions, ratio_0="80", note="First try")
    version = StrategyVersion.objects.get()
    assert said == {"url": url("strategies_strategy_change", version.strategy_id)}
    assert (version.number, version.state, version.note, version.author) == (1, "draft", "First try", "admin")
    assert (version.strategy.code, version.strategy.name) == ("sync-001", "Coats")
    assert version.conditions["any"] == conditions["any"]
    assert version.action == {"ratio": 80}
    _create(admin_client, conditions, name="More coats")
    assert set(Strategy.objects.values_list("code", flat=True)) == {"sync-001", "sync-002"}


def test_nothing_is_saved_while_anything_is_wrong(admin_client, world):
    assert _create(admin_client, when(row("price", "ge", "many")))["faults"]
    assert _create(admin_client, when(), ratio_0="800")["fields"]["ratio"]
    assert _create(admin_client, when(), max_quantity_0="2", multiple_0="6")["fields"]["max_quantity"]
    assert _create(admin_client, when(), name=" ")["fields"]["name"]
    assert not Strategy.objects.exists()


def test_editing_saves_the_next_version_and_the_name(admin_client, world):
    strategy, first = make(action={"ratio": 80})
    page = admin_client.get(url("strategy_edit", strategy.pk))
    assert page.context["newest"] == 1
    body = sent(when(), name="Dear coats", newest=1, ratio_0="70")
    assert "url" in admin_client.post(url("strategy_save", strategy.pk), body).json()
    assert [version.action for version in strategy.versions.order_by("number")] == [{"ratio": 80}, {"ratio": 70}]
    strategy.refresh_from_db()
    assert strategy.name == "Dear coats"
    first.refresh_from_db()
    assert first.action == {"ratio": 80}


def test_somebody_who_was_overtaken_is_told(admin_client, world):
    strategy, _first = make(action={"ratio": 80})
    admin_client.post(url("strategy_save", strategy.pk), sent(when(), newest=1, ratio_0="70"))
    admin_client.post(url("strategy_save", strategy.pk), sent(when(), newest=1, ratio_0="60"))
    page = admin_client.get(url("strategies_strategy_change", strategy.pk)).content.decode()
    assert "Meanwhile admin has saved version 2." in page
    assert strategy.versions.count() == 3


def test_an_earlier_version_can_be_the_start(admin_client, world):
    brand = BrandFactory()
    strategy, _first = make(conditions=when(row("brand", "in", [brand.code, "GONE"])))
    admin_client.post(url("strategy_save", strategy.pk), sent(when(), newest=1))
    data = _data(admin_client.get(url("strategy_edit", strategy.pk) + "?version=1"))
    assert data["conditions"]["any"][0]["all"][0]["value"] == [brand.code, "GONE"]
    assert brand.name in data["labels"]["brand"][brand.code]
    assert "GONE" not in data["labels"]["brand"]
    assert _data(admin_client.get(url("strategy_edit", strategy.pk)))["conditions"]["any"] == []
    assert admin_client.get(url("strategy_edit", strategy.pk) + "?version=9").status_code == 404
