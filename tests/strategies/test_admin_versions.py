"""The page of a strategy, and the questions before it is published, rolled back and retired."""

from datetime import timedelta

import pytest
from django.utils import timezone

from strategies.actions import publish_version, save_draft
from tests.channels.small_world import small_world
from tests.strategies.pages import make, row, url, when

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return small_world()


def _states(strategy):
    return [version.state for version in strategy.versions.order_by("number")]


def _text(page):
    return page.content.decode()


def _second(strategy, **action):
    return save_draft(strategy, conditions={}, action=action, note="Second", actor="ben")


def test_the_page_tells_the_history(admin_client, world):
    strategy, first = make(action={"ratio": 80}, note="Carefully")
    publish_version(first, actor="anna")
    _second(strategy, ratio=70)
    page = _text(admin_client.get(url("strategies_strategy_change", strategy.pk)))
    for words in ("Version 1 in force", "Carefully", "Second", "anna", "ben", "70", "80"):
        assert words in page
    assert url("strategy_publish", strategy.pk, 2) in page
    assert url("strategy_retire", strategy.pk) in page
    assert admin_client.get("/admin/strategies/strategy/999/change/").status_code == 404
    assert admin_client.get("/admin/strategies/strategy/x/change/").status_code == 404


def test_two_versions_are_compared_in_words(admin_client, world):
    strategy, _first = make(action={"ratio": 80})
    _second(strategy, ratio=70)
    page = admin_client.get(url("strategies_strategy_change", strategy.pk), {"from": "1", "to": "2"})
    said = " ".join(page.context["changes"])
    assert "80" in said
    assert "70" in said
    assert "They say the same." in _text(
        admin_client.get(url("strategies_strategy_change", strategy.pk), {"from": "1", "to": "1"})
    )
    assert admin_client.get(url("strategies_strategy_change", strategy.pk), {"from": "1", "to": "7"}).status_code == 200


def test_publishing_asks_with_findings_and_the_number_of_skus(admin_client, world):
    world.sku(price=50)
    world.sku(price=500)
    _wide, everything = make("All", action={"ratio": 80})
    publish_version(everything, actor="anna")
    strategy, version = make("Dear", conditions=when(row("price", "ge", "100")), action={"ratio": 50})
    address = url("strategy_publish", strategy.pk, version.number)
    page = admin_client.get(address)
    assert page.context["moved"] == 0
    assert "All" in " ".join(page.context["findings"])
    assert _states(strategy) == ["draft"]
    assert admin_client.post(address, {"when": "now"}).status_code == 302
    assert _states(strategy) == ["published"]


def test_publishing_at_a_time_waits_and_can_be_called_off(admin_client, world):
    strategy, version = make()
    address = url("strategy_publish", strategy.pk, version.number)
    for wrong in ("", "tomorrow", "2026-13-01T10:00", "2020-01-01T10:00"):
        refused = admin_client.post(address, {"when": "later", "at": wrong})
        assert refused.status_code == 200
        assert refused.context["problems"]
    later = timezone.localtime() + timedelta(days=2)
    assert admin_client.post(address, {"when": "later", "at": f"{later:%Y-%m-%dT%H:%M}"}).status_code == 302
    version.refresh_from_db()
    assert version.state == "draft"
    assert version.publish_at == later.replace(second=0, microsecond=0)
    assert f"{later:%Y-%m-%dT%H:%M}" in _text(admin_client.get(address))
    off = url("strategy_unplan", strategy.pk, version.number)
    assert off in _text(admin_client.get(url("strategies_strategy_change", strategy.pk)))
    admin_client.post(off)
    version.refresh_from_db()
    assert version.publish_at is None


def test_one_click_rolls_back(admin_client, world):
    world.sku()
    strategy, first = make(action={"ratio": 80})
    publish_version(first, actor="anna")
    publish_version(_second(strategy, ratio=70), actor="anna")
    address = url("strategy_roll_back", strategy.pk, 1)
    assert address in _text(admin_client.get(url("strategies_strategy_change", strategy.pk)))
    assert admin_client.get(address).context["moved"] == 1
    page = admin_client.post(address, follow=True)
    assert "version 3 says what version 1 said" in _text(page)
    assert _states(strategy) == ["retired", "retired", "published"]
    assert strategy.versions.get(number=3).action == {"ratio": 80}


def test_what_is_refused_is_said_and_nothing_changes(admin_client, world):
    strategy, first = make()
    refused = admin_client.post(url("strategy_roll_back", strategy.pk, 1))
    assert refused.context["problems"]
    assert _states(strategy) == ["draft"]
    publish_version(first, actor="anna")
    assert admin_client.get(url("strategy_publish", strategy.pk, 9)).status_code == 404


def test_a_strategy_is_retired(admin_client, world):
    world.sku()
    strategy, first = make()
    assert admin_client.get(url("strategy_retire", strategy.pk)).status_code == 404
    publish_version(first, actor="anna")
    assert admin_client.get(url("strategy_retire", strategy.pk)).context["moved"] == 1
    admin_client.post(url("strategy_retire", strategy.pk))
    assert _states(strategy) == ["retired"]


def test_who_has_decided_does_not_wait_for_the_outlook(admin_client, world, monkeypatch):
    strategy, version = make(action={"ratio": 80})
    for name in ("lint_draft", "count_published", "count_retired"):
        monkeypatch.setattr(f"strategies.admin.versions.{name}", None)
    assert admin_client.post(url("strategy_publish", strategy.pk, version.number), {"when": "now"}).status_code == 302
    assert admin_client.post(url("strategy_retire", strategy.pk)).status_code == 302
    assert admin_client.post(url("strategy_roll_back", strategy.pk, version.number)).status_code == 302
    assert _states(strategy) == ["retired", "published"]
