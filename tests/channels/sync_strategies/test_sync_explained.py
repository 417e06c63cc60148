"""What is said about a sync strategy: on the record, in the explanation, in previews and in the admin."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels.decisions.models import Decision
from channels.explain.selectors import explain_number
from channels.preview.actions import preview_effect
from config.dashboard import PARTS
from strategies.actions import publish_version, retire_strategy, save_draft
from tests.channels.small_world import settle
from tests.channels.sync_strategies.publishing import publish, row, when
from tests.channels.test_publish_targets import published

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def collected_static(settings, tmp_path):
    """WhiteNoise warns about a folder that isn't there."""
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def boss():
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


def explained(world, sku):
    (listing,) = explain_number(world.shop.code, sku.code, timezone.now()).listings
    return listing


def record(listing):
    rows = Decision.objects.filter(kind="sync", place_id=listing.pk).order_by("since")
    return [(row.sku_id, row.version, row.until is None) for row in rows]


def test_the_record_says_which_version_decided_and_when(world):
    sku = world.sku(10)
    listing = world.listing(sku)
    settle()
    assert record(listing) == []
    first = publish({"buffer": 1})
    settle()
    world.issue(sku, 1)
    settle()
    assert record(listing) == [(0, first, True)]
    second = publish_version(save_draft(first.strategy, conditions=when(), action={"buffer": 2}, actor="t"), actor="t")
    settle()
    retire_strategy(first.strategy, actor="t")
    settle()
    assert record(listing) == [(0, first, False), (0, second, False)]
    before, after = Decision.objects.order_by("since")
    assert before.since < before.until <= after.since < after.until


def test_the_explanation_names_the_strategy_and_the_fields_that_come_from_it(world):
    sku = world.sku(10)
    listing = world.listing(sku, sync={"buffer": 1, "multiple": 2})
    version = publish({"buffer": 3}, row("shop_quantity", "gt", "5"), code="careful")
    settle()
    fact = explained(world, sku)
    assert (fact.strategy.version_id, fact.strategy.code, fact.strategy.number) == (version.pk, "careful", 1)
    assert fact.strategy.clause == "keep back 3 units"
    assert fact.strategy.main_sku == sku.code
    assert fact.strategy.since == Decision.objects.get().since
    assert {each.field: (each.set_by, each.set_by_name) for each in fact.policy} == {
        "buffer": ("strategy", "careful"),
        "multiple": ("listing", listing.code),
    }
    assert fact.number == fact.target == 6


def test_a_strategy_that_is_not_worked_in_yet_is_explained_without_a_time(world):
    sku = world.sku(10)
    world.listing(sku)
    settle()
    publish({"buffer": 3})
    fact = explained(world, sku)
    assert (fact.strategy.since, fact.number, fact.target) == (None, 7, 10)


def test_the_explanation_judges_by_the_quantity_it_computes(world):
    sku = world.sku(10)
    world.listing(sku)
    publish({"fixed": 0}, row("shop_quantity", "lt", "5"))
    settle()
    world.issue(sku, 7)
    fact = explained(world, sku)
    assert (fact.strategy is not None, fact.number, fact.target) == (True, 0, 10)


def test_the_explanation_says_who_pauses_a_listing_and_why(world):
    sku = world.sku(10)
    listing = world.listing(sku)
    settle()
    published(world, listing)
    publish({"pause": "Recall", "increase_only": True})
    settle()
    fact = explained(world, sku)
    assert (fact.paused, fact.pause_reason, fact.increase_only) == (True, "Recall", True)
    assert any("Recall" in note and "keeps 10" in note for note in fact.notes)
    type(listing).objects.update(paused=True, pause_reason="Photos")
    assert explained(world, sku).pause_reason == "Photos"


def test_the_page_shows_the_strategy(world, boss):
    sku = world.sku(10)
    listing = world.listing(sku)
    publish({"buffer": 3}, code="careful")
    settle()
    page = boss.get(reverse("admin:why_listing", args=[listing.pk])).content.decode()
    assert 'data-strategy="careful"' in page
    assert "Careful" in page
    assert "keep back 3 units" in page
    assert "strategy careful" in page


def test_the_lists_show_why_a_listing_is_paused(world, boss):
    sku = world.sku(10)
    listing, other = world.listing(sku, code="L-1"), world.listing(world.sku(5), code="L-2")
    publish({"pause": "Recall"}, row("sku", "in", [sku.code]), code="stop")
    settle()
    for model in ("listing", "listingtarget"):
        url = reverse(f"admin:channels_{model}_changelist")
        page = boss.get(url).content.decode()
        assert page.count("Stop: Recall") == 1
        assert f">{other.code}<" in page
        narrowed = boss.get(url, {"target__paused__exact" if model == "listing" else "paused__exact": "1"})
        narrowed = narrowed.content.decode()
        assert listing.code in narrowed
        assert f">{other.code}<" not in narrowed


def test_the_dashboard_does_not_wait_for_what_a_strategy_pauses(world, rf):
    world.listing(world.sku(10))
    settle()
    assert PARTS["publishing"][1](rf.get("/"))["oldest"] is not None
    publish({"pause": "Recall"})
    settle()
    assert PARTS["publishing"][1](rf.get("/"))["oldest"] is None


def test_a_preview_is_decided_by_the_quantities_it_computes(world):
    sku = world.sku(10)
    world.listing(sku)
    publish({"fixed": 3}, row("shop_quantity", "lt", "6"))
    settle()

    def halve():
        from channels.shops.actions import mark_shares

        share = world.pool.shares.get()
        share.ratio = 50
        share.save()
        mark_shares([share.pk])

    effect = preview_effect(halve).effect
    assert (effect.listings, effect.layers[-1].before, effect.layers[-1].after) == (1, 10, 3)
    halve()
    settle()
    assert explained(world, sku).target == 3


@pytest.mark.parametrize("pauses", [True, False])
def test_a_preview_counts_what_a_strategy_pauses_as_closed(world, pauses):
    sku = world.sku(10)
    world.listing(sku)
    made = publish({"pause": "Recall"}) if not pauses else None
    settle()

    def change():
        if pauses:
            publish({"pause": "Recall"})
        else:
            retire_strategy(made.strategy, actor="t")

    effect = preview_effect(change).effect
    assert (effect.closed, effect.opened) == ((1, 0) if pauses else (0, 1))
    assert (effect.layers[-1].before, effect.layers[-1].after) == ((10, 0) if pauses else (0, 10))
