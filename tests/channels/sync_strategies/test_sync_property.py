"""After any edits, stock changes and publishes, the targets are those of a plain computation, and a refresh of
everything changes nothing.
"""

from random import Random

import pytest
from django.db.models import F

from channels.decisions.models import Decision
from channels.models import Listing, ListingTarget, SyncDefaults
from channels.shops.actions import mark_listings, mark_shops
from channels.sync.actions import refresh_targets
from channels.sync.selectors import find_listings
from core.errors import Conflict, InvalidInput
from inventory.ledger.actions import mark_skus
from inventory.models import Sku
from strategies.actions import create_strategy, publish_version, reorder, retire_strategy, roll_back, save_draft
from strategies.models import Strategy
from tests.channels.small_world import settle
from tests.channels.sync_strategies.plain import Shown, plain_targets
from tests.factories import ListingFactory, ListingPartFactory, ShareFactory

pytestmark = pytest.mark.django_db

STEPS = 14


class Machine:
    """A small world that changes at random."""

    def __init__(self, world, seed):
        self.world, self.random = world, Random(seed)
        self.skus = [world.sku(self.random.randrange(12), price=price) for price in (10, 20, 30, 40)]
        share = ShareFactory(pool=world.pool)
        share.shop.sync = {"ratio": 80}
        share.shop.save()
        self.shops = [world.shop, share.shop]
        self.listings = [self.listing() for _ in range(8)]
        mark_listings([listing.pk for listing in self.listings])
        SyncDefaults.objects.create(id=1, policy={"buffer": 1})

    def listing(self):
        fields = {"sync": self.policy(), "increase_only": self.random.random() < 0.2}
        listing = ListingFactory(shop=self.random.choice(self.shops), **fields)
        for sku in self.random.sample(self.skus, self.random.choice([1, 1, 2, 3])):
            ListingPartFactory(listing=listing, sku=sku, quantity=self.random.choice([1, 1, 2]))
        return listing

    def policy(self):
        values = {
            "ratio": [None, 0, 50, 33.33, 100],
            "offset": [None, -3, 2],
            "buffer": [None, 0, 2],
            "min_quantity": [None, 3],
            "max_quantity": [None, 0, 8],
            "multiple": [None, 2, 3],
            "fixed": [None, None, 0, 5],
        }
        named = self.random.sample(sorted(values), self.random.choice([0, 0, 1, 2]))
        return {name: self.random.choice(values[name]) for name in named}

    def action(self):
        action = self.policy()
        if self.random.random() < 0.25:
            action["pause"] = self.random.choice(["Recall", "Photos"])
        if self.random.random() < 0.25:
            action["increase_only"] = True
        return action

    def row(self):
        fact = self.random.choice(["shop", "channel", "sku", "price", "shop_quantity", "shop_quantity"])
        if fact == "shop_quantity":
            op = self.random.choice(["lt", "le", "gt", "ge", "eq", "ne"])
            return {"fact": fact, "op": op, "value": str(self.random.randrange(15))}
        if fact == "price":
            return {"fact": fact, "op": "between", "value": ["15", str(self.random.choice([20, 35]))]}
        codes = {
            "shop": [shop.code for shop in self.shops],
            "channel": [shop.channel.code for shop in self.shops],
            "sku": [sku.code for sku in self.skus],
        }[fact]
        return {"fact": fact, "op": self.random.choice(["in", "not_in"]), "value": [self.random.choice(codes)]}

    def conditions(self):
        def groups(most):
            return [{"all": [self.row() for _ in range(self.random.choice([1, 2]))]} for _ in range(most)]

        return {"any": groups(self.random.choice([0, 1, 2])), "unless": groups(self.random.choice([0, 0, 1]))}

    def change(self):
        """One thing, at random; what isn't possible just now doesn't happen."""
        policy = [self.publish, self.publish, self.revise, self.retire, self.reorder, self.roll_back]
        facts = [self.receive, self.issue, self.issue, self.price, self.edit, self.close, self.take]
        chosen = self.random.choice(policy + facts)
        try:
            chosen()
        except (Conflict, InvalidInput):
            assert chosen not in (self.edit, self.close, self.take, self.price)

    def strategy(self):
        return self.random.choice(list(Strategy.objects.order_by("pk")) or [None])

    def publish(self):
        code = f"rule-{Strategy.objects.count()}"
        made = {"conditions": self.conditions(), "action": self.action()}
        publish_version(create_strategy(kind="sync", code=code, name=code, actor="t", **made), actor="t")

    def revise(self):
        if strategy := self.strategy():
            draft = save_draft(strategy, conditions=self.conditions(), action=self.action(), actor="t")
            publish_version(draft, actor="t")

    def retire(self):
        if strategy := self.strategy():
            retire_strategy(strategy, actor="t")

    def roll_back(self):
        if strategy := self.strategy():
            roll_back(strategy, self.random.choice(list(strategy.versions.order_by("pk"))), actor="t")

    def reorder(self):
        ids = list(Strategy.objects.order_by("pk").values_list("pk", flat=True))
        self.random.shuffle(ids)
        reorder("sync", ids, actor="t")

    def receive(self):
        self.world.receive(self.random.choice(self.skus), self.random.randrange(1, 8))

    def issue(self):
        self.world.issue(self.random.choice(self.skus), self.random.randrange(1, 8))

    def price(self):
        sku = self.random.choice(self.skus)
        Sku.objects.filter(pk=sku.pk).update(price=self.random.choice([5, 17, 25, 60]))
        mark_skus([sku.pk])

    def edit(self):
        if self.random.random() < 0.2:
            shop = self.random.choice(self.shops)
            type(shop).objects.filter(pk=shop.pk).update(sync=self.policy())
            mark_shops([shop.pk])
            return
        listing = self.random.choice(self.listings)
        part = self.random.choice(list(listing.parts.order_by("pk")))
        type(part).objects.filter(pk=part.pk).update(quantity=self.random.choice([1, 2, 3]))
        fields = {"sync": self.policy(), "increase_only": self.random.random() < 0.2}
        Listing.objects.filter(pk=listing.pk).update(**fields)
        mark_listings([listing.pk])

    def close(self):
        listing = self.random.choice(self.listings)
        Listing.objects.filter(pk=listing.pk).update(paused=self.random.random() < 0.3)
        mark_listings([listing.pk])

    def take(self):
        """The platform takes what it may be sent."""
        free = ListingTarget.objects.filter(
            paused=False, listing__in=self.random.sample(self.listings, 4), version__gt=0
        )
        free.update(published_quantity=F("quantity"), published_version=F("version"), state="published")


def shown(targets):
    return {
        pk: Shown(each.quantity, each.wanted, each.backed, each.paused, each.strategy_version_id)
        for pk, each in targets.items()
    }


def everything():
    rows = ListingTarget.objects.order_by("pk").values()
    return list(rows), list(Decision.objects.order_by("pk").values())


@pytest.mark.parametrize("seed", range(12))
def test_targets_are_those_of_a_plain_computation(world, seed):
    machine = Machine(world, seed)
    settle()
    for _step in range(STEPS):
        for _each in range(machine.random.choice([1, 1, 2, 3])):
            machine.change()
        before = ListingTarget.objects.in_bulk()
        settle()
        expected = plain_targets(before)
        now = ListingTarget.objects.in_bulk()
        assert shown({pk: now[pk] for pk in expected}) == expected
        assert_recorded(now, expected)
        kept = everything()
        assert refresh_targets(find_listings()) == 0
        assert everything() == kept


def assert_recorded(targets, listings):
    """What is on record as deciding now is what the targets say."""
    open_now = dict(Decision.objects.filter(kind="sync", until=None).values_list("place_id", "version_id"))
    wanted = {pk: targets[pk].strategy_version_id for pk in listings if targets[pk].strategy_version_id}
    assert {pk: version for pk, version in open_now.items() if pk in listings} == wanted
