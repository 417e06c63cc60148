"""A change of configuration that commits while stock or another change has just been computed without it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from channels.cascade.selectors import verify_numbers
from inventory.ledger.actions import mark_categories, mark_pools
from inventory.models import SupplyLink
from inventory.supply.actions import mark_link_overrides, mark_supply_links
from tests.channels.small_world import settle
from tests.factories import (
    CategoryFactory,
    FunctionalWarehouseFactory,
    LinkOverrideFactory,
    SkuFactory,
    SupplyFactory,
    SupplyLinkFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


def meanwhile(work):
    """Do it, and compute, in another transaction that sees nothing of ours."""

    def run():
        try:
            work()
            settle()
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        pool.submit(run).result()


def edit_ratio(world, category):
    link = SupplyLink.objects.get()
    mark_supply_links([link.pk])
    SupplyLink.objects.update(ratio=10)
    mark_supply_links([link.pk])


def edit_override(world, category):
    override = LinkOverrideFactory(link=SupplyLink.objects.get(), category=category, ratio=10)
    mark_link_overrides([override.pk])


def edit_category(world, category):
    parent = CategoryFactory()
    LinkOverrideFactory(link=SupplyLink.objects.get(), category=parent, ratio=10)
    category.parent = parent
    category.save()
    mark_categories([category.pk])


def edit_pool(world, category):
    mark_pools([world.pool.pk])
    world.pool.supplies.clear()
    mark_pools([world.pool.pk])


@pytest.mark.parametrize("edit", [edit_ratio, edit_override, edit_category, edit_pool])
def test_the_first_stock_of_a_sku_meets_an_edit(world, edit):
    category = CategoryFactory()
    sku = SkuFactory(category=category)
    with transaction.atomic():
        edit(world, category)
        meanwhile(lambda: world.receive(sku, 100))
    settle()
    assert verify_numbers() == []
    assert world.quantity(sku) == (0 if edit is edit_pool else 10)


def test_two_edits_that_only_together_bring_stock_to_a_shop(world):
    supply, functional = SupplyFactory(), FunctionalWarehouseFactory()
    world.functional = functional
    sku = world.sku(50)
    settle()

    def add_link():
        with transaction.atomic():
            mark_supply_links([SupplyLinkFactory(supply=supply, functional=functional).pk])

    with transaction.atomic():
        world.pool.supplies.add(supply)
        mark_pools([world.pool.pk])
        meanwhile(add_link)
    settle()
    assert verify_numbers() == []
    assert world.quantity(sku) == 50
