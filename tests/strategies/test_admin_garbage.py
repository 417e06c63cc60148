"""What no page would send is answered in words, and never with a broken server."""

import json

import pytest

from strategies.models import StrategyVersion
from tests.channels.small_world import small_world
from tests.strategies.pages import KIND, make, row, sent, url, when

pytestmark = pytest.mark.django_db

SURROGATE = "\\ud800"  # as JSON may spell half of a character
LONG = "9" * 5000  # more digits than Python reads
CONDITIONS = {
    "deep": "[" * 100_000,
    "deep objects": '{"any":' * 3_000,
    "half a character": json.dumps(when(row("sku", "in", ["?"]))).replace("?", SURROGATE),
    "half a tag": json.dumps(when(row("tag", "any", ["?"]))).replace("?", SURROGATE),
    "nothing": "",
    "null": "null",
    "no character": json.dumps(when(row("sku", "in", ["a\0"]))),
    "not a number": '{"any": [{"all": [{"fact": "price", "op": "eq", "value": NaN}]}]}',
    "many digits": f'{{"any": [{{"all": [{{"fact": "price", "op": "eq", "value": {LONG}}}]}}]}}',
}


@pytest.fixture(autouse=True)
def world():
    return small_world()


@pytest.mark.parametrize("what", CONDITIONS)
def test_conditions_that_cannot_be_meant_are_refused(admin_client, what):
    strategy, _version = make()
    data = {**sent(when()), "conditions": CONDITIONS[what]}
    for page in (url("strategy_look", KIND), url("strategy_save", strategy.pk), url("strategy_create", KIND)):
        answer = admin_client.post(page, data).json()
        assert answer["faults"] or answer["problems"]
    assert StrategyVersion.objects.count() == 1


def test_a_note_is_text(admin_client):
    strategy, _version = make()
    answer = admin_client.post(url("strategy_save", strategy.pk), sent(when(), note="a\0b")).json()
    assert answer["fields"]["note"]
    assert StrategyVersion.objects.count() == 1


def test_words_without_characters_find_nothing(admin_client):
    page = url("strategy_choices", KIND)
    assert admin_client.get(page, {"fact": "sku", "q": "\0"}).json() == {"choices": []}


@pytest.mark.parametrize("pk", [LONG, "9" * 18, "x", "²"])
def test_numbers_of_nothing(admin_client, pk):
    strategy, _version = make()
    assert admin_client.get(url("strategies_strategy_change", pk)).status_code == 404
    page = url("strategies_strategy_change", strategy.pk)
    assert admin_client.get(page, {"from": pk, "to": "1"}).status_code == 200
    assert admin_client.post(url("strategy_order_save", KIND), {"ids": [pk]}).json()["problem"]


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59-14:00", "9999-12-31T23:59", "soon", "", "\0", "0001-01-01T00:00+14:00"]
)
def test_a_plan_has_a_time_that_can_be_told(admin_client, at):
    strategy, version = make()
    answer = admin_client.post(url("strategy_publish", strategy.pk, 1), {"when": "later", "at": at})
    assert answer.status_code == 200
    version.refresh_from_db()
    assert version.publish_at is None
