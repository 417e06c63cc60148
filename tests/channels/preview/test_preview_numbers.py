"""What a preview counts: SKUs, numbers and listings, and what it leaves alone."""

import pytest

from channels.cascade.actions import recompute
from channels.models import Listing, Share, ShopQuantity
from channels.preview import selectors
from channels.preview.actions import preview_effect
from core.errors import InvalidInput
from inventory.models import Pool, StockRow, Supply, SupplyLink
from tests.channels.preview.steps import layer, snapshot
from tests.channels.preview.trying import override, reduce_ratio, try_out
from tests.factories import BundleComponentFactory, ListingFactory, ListingPartFactory, SkuFactory

pytestmark = pytest.mark.django_db


def test_a_listing_that_may_only_increase_waits(stocked):
    Listing.objects.filter(pk=stocked.item.pk).update(increase_only=True)
    effect = try_out(lambda: reduce_ratio(stocked))
    assert (effect.listings, effect.listings_waiting) == (0, 1)
    assert effect.numbers == 1


def test_bundles_and_listings_of_several_skus_follow(stocked):
    bundle, other = SkuFactory(), stocked.sku(60)
    BundleComponentFactory(bundle=bundle, component=stocked.sku_row, quantity=2)
    pack = ListingFactory(shop=stocked.shop)
    ListingPartFactory(listing=pack, sku=stocked.sku_row)
    ListingPartFactory(listing=pack, sku=other, quantity=3)
    recompute()
    assert numbers_of(bundle, stocked.sku_row, other) == [50, 101, 60]
    effect = try_out(lambda: override(stocked, 19))
    changes = {change.sku_id: change.shops[0].after for change in effect.most}
    assert changes == {bundle.pk: 9, stocked.sku_row.pk: 19}
    assert effect.listings == 2
    assert layer(effect, "listing").after == 19 + 19


def test_an_edit_of_many_skus_reads_everything_and_says_the_same(stocked, monkeypatch):
    bundle = SkuFactory()
    BundleComponentFactory(bundle=bundle, component=stocked.sku_row, quantity=2)
    stocked.listing(stocked.sku(7))
    recompute()
    named = try_out(lambda: override(stocked, 19))
    monkeypatch.setattr(selectors, "MANY", 0)
    assert try_out(lambda: override(stocked, 19)) == named
    assert (named.skus, named.numbers, named.listings) == (2, 2, 1)


def numbers_of(*skus):
    found = dict(ShopQuantity.objects.values_list("sku_id", "quantity"))
    return [found[sku.pk] for sku in skus]


def test_what_the_edit_raises_comes_through_and_is_taken_back(stocked):
    before = snapshot()

    def refuse():
        reduce_ratio(stocked)
        raise InvalidInput("no")

    with pytest.raises(InvalidInput):
        preview_effect(refuse)
    assert snapshot() == before


@pytest.mark.django_db(transaction=True)
def test_a_preview_waits_for_nobody_and_holds_nobody_up(stocked_outside, second_connection):
    """Outside a transaction: a mark that somebody else holds doesn't stop the preview, and it holds none itself."""
    world = stocked_outside
    with second_connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("INSERT INTO inventory_dirtysku VALUES (%s, 1, now(), NULL, NULL)", [world.sku_row.pk])
        effect = try_out(lambda: reduce_ratio(world))
        assert effect.numbers == 1
        cursor.execute("ROLLBACK")
    assert SupplyLink.objects.get().ratio == 100


def test_the_objects_of_a_preview_are_all_still_there(stocked):
    counts = [model.objects.count() for model in (Supply, SupplyLink, Pool, Share, StockRow, Listing)]
    try_out(lambda: Pool.objects.all().delete())
    assert [model.objects.count() for model in (Supply, SupplyLink, Pool, Share, StockRow, Listing)] == counts
