"""What a simulation says is what comes once the same edits are made for real, in every number."""

from random import Random

import pytest
from django.db import transaction

from channels.models import ListingTarget, ShopQuantity
from channels.simulation.actions import apply_edits, try_edits
from tests.channels.simulation.random_company import edits, set_up
from tests.channels.small_world import settle

pytestmark = pytest.mark.django_db
CHANGES = 50


def stored_numbers():
    rows = ShopQuantity.objects.values_list("sku_id", "shop_id", "quantity")
    return {(sku, shop): quantity for sku, shop, quantity in rows if quantity}


def stored_targets():
    return dict(ListingTarget.objects.filter(version__gt=0).values_list("listing_id", "quantity"))


def laid_over(numbers, keys, after):
    """The numbers with those of the simulation in their places."""
    found = dict(numbers)
    for key, value in zip(keys, after, strict=True):
        found[key] = value
    return found


def compare_with_live(random):
    """(how many numbers and targets the simulation changes); both sides must agree."""
    tried = edits(random)
    numbers, targets = stored_numbers(), stored_targets()
    outcome = try_edits(tried, actor="ann")
    assert (stored_numbers(), stored_targets()) == (numbers, targets)
    rows, listings = outcome.numbers, outcome.targets
    keys = list(zip(rows.sku_id.tolist(), rows.shop_id.tolist(), strict=True))
    assert [numbers.get(key, 0) for key in keys] == rows.before.tolist()
    expected = laid_over(numbers, keys, rows.after.tolist())
    shown = dict(zip(listings.listing_id.tolist(), listings.after.tolist(), strict=True))
    apply_edits(tried, actor="ann")
    settle()
    assert stored_numbers() == {key: quantity for key, quantity in expected.items() if quantity}
    live = {**targets, **{listing: quantity for listing, quantity in shown.items() if quantity >= 0}}
    assert stored_targets() == live
    return len(keys), len(shown)


def test_fifty_random_changes():
    changed = []
    for seed in range(CHANGES):
        random = Random(seed)
        with transaction.atomic():
            set_up(random)
            changed.append(compare_with_live(random))
            transaction.set_rollback(True)
    # Most of them move something, or the comparison would say little.
    assert sum(bool(numbers) for numbers, _targets in changed) > CHANGES // 2
    assert sum(bool(targets) for _numbers, targets in changed) > CHANGES // 2
