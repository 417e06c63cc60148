"""Sync strategies against the real demo marketplace."""

import pytest

from channels.platforms.contract import OutcomeKind
from channels.sync import publisher
from channels.sync.publisher import publish_shop
from strategies.actions import retire_strategy
from tests.channels.platform_calls import Scripted, sent
from tests.channels.small_world import settle
from tests.channels.sync_strategies.publishing import publish, row

pytestmark = pytest.mark.django_db


def test_a_pause_keeps_what_the_platform_has_and_its_end_brings_it_up_to_date(world, marketplace, connect_shop):
    config = connect_shop(world, marketplace, "shirt", "scarf")
    shirt, scarf = world.sku(7), world.sku(5)
    world.listing(shirt, code="shirt")
    world.listing(scarf, code="scarf")
    settle()
    publish_shop(world.shop.pk)
    pause = publish({"pause": "Recall"}, row("sku", "in", [shirt.code]))
    world.issue(shirt, 3)
    world.issue(scarf, 3)
    settle()
    assert publish_shop(world.shop.pk) == 1
    assert marketplace.stock(config) == {"shirt": 7, "scarf": 2}
    world.issue(shirt, 1)
    settle()
    assert publish_shop(world.shop.pk) == 0
    retire_strategy(pause.strategy, actor="t")
    settle()
    assert publish_shop(world.shop.pk) == 1
    assert marketplace.stock(config) == {"shirt": 3, "scarf": 2}
    assert [line[:2] for line in sent(marketplace, config)][-1] == ("shirt", 3)


def test_a_number_that_waited_is_sent_after_the_pause(world, marketplace, connect_shop):
    config = connect_shop(world, marketplace, "shirt")
    listing = world.listing(world.sku(7), code="shirt")
    settle()
    pause = publish({"pause": "Recall"})
    settle()
    assert publish_shop(world.shop.pk) == 0
    assert marketplace.history(config) == []
    retire_strategy(pause.strategy, actor="t")
    settle()
    assert publish_shop(world.shop.pk) == 1
    assert marketplace.stock(config) == {"shirt": 7}
    assert world.target(listing).state == "published"


def test_a_pause_that_ends_where_it_began_sends_nothing(world, marketplace, connect_shop):
    config = connect_shop(world, marketplace, "shirt")
    shirt = world.sku(7)
    world.listing(shirt, code="shirt")
    settle()
    publish_shop(world.shop.pk)
    publish({"pause": "Low"}, row("shop_quantity", "lt", "5"))
    world.issue(shirt, 4)
    settle()
    world.receive(shirt, 4)
    settle()
    assert publish_shop(world.shop.pk) == 0
    assert len(marketplace.history(config)) == 1


def test_the_platform_gets_no_lower_number_while_a_strategy_forbids_it(world, marketplace, connect_shop):
    config = connect_shop(world, marketplace, "shirt")
    shirt = world.sku(7)
    world.listing(shirt, code="shirt")
    settle()
    publish_shop(world.shop.pk)
    event = publish({"increase_only": True})
    world.issue(shirt, 3)
    settle()
    assert publish_shop(world.shop.pk) == 0
    world.receive(shirt, 5)
    settle()
    assert publish_shop(world.shop.pk) == 1
    world.issue(shirt, 8)
    settle()
    assert publish_shop(world.shop.pk) == 0
    assert marketplace.stock(config) == {"shirt": 9}
    retire_strategy(event.strategy, actor="t")
    settle()
    assert publish_shop(world.shop.pk) == 1
    assert marketplace.stock(config) == {"shirt": 1}


def test_a_pause_during_a_call_lets_the_call_end_and_sends_nothing_more(world, monkeypatch):
    sku = world.sku(7)
    listing = world.listing(sku, code="shirt")
    settle()

    def answer(update):
        publish({"pause": "Recall"})
        world.issue(sku, 2)
        settle()
        return OutcomeKind.APPLIED

    platform = Scripted(answer)
    monkeypatch.setattr(publisher, "connect", lambda shop: platform)
    assert publish_shop(world.shop.pk) == 1
    target = world.target(listing)
    assert (target.published_quantity, target.quantity, target.paused) == (7, 7, True)
    assert len(platform.calls) == 1
