"""Edits to preview without the admin."""

from channels.preview.actions import preview_effect
from inventory.models import SupplyLink
from tests.channels.preview.steps import links_of
from tests.factories import LinkOverrideFactory


def try_out(change):
    return preview_effect(change).effect


def reduce_ratio(world, ratio=10):
    from inventory.ledger.actions.marks import mark_functionals

    SupplyLink.objects.update(ratio=ratio)
    mark_functionals([world.functional.pk])


def override(world, ratio):
    from inventory.ledger.actions.marks import mark_skus

    LinkOverrideFactory(link=links_of(world), sku=world.sku_row, ratio=ratio)
    mark_skus([world.sku_row.pk])
