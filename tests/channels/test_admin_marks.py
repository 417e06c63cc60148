"""A change of configuration in the admin marks what it touches, and nothing else."""

import pytest
from django.urls import reverse

from channels.models import Share, Shop
from channels.shops.actions import mark_listings
from inventory.ledger.actions import Movement, post_movements
from inventory.models import Category, DirtySku, FunctionalWarehouse, LinkOverride, Pool, SupplyLink
from tests import factories
from tests.channels.small_world import settle
from tests.html_forms import read_form

pytestmark = pytest.mark.django_db


class World:
    """Two warehouses with a SKU each; the first feeds a pool with a shop and a listing."""

    def __init__(self):
        self.category = factories.CategoryFactory()
        self.near, self.far = factories.SkuFactory(category=self.category), factories.SkuFactory()
        self.here, self.there = factories.FunctionalWarehouseFactory(), factories.FunctionalWarehouseFactory()
        self.link = factories.SupplyLinkFactory(functional=self.here)
        self.pool = factories.PoolFactory(supplies=[self.link.supply])
        self.shop = factories.ShopFactory()
        self.share = factories.ShareFactory(pool=self.pool, shop=self.shop)
        self.listing = factories.ListingFactory(shop=self.shop)
        factories.ListingPartFactory(listing=self.listing, sku=self.near)
        for functional, sku in ((self.here, self.near), (self.there, self.far)):
            post_movements([Movement(functional.code, sku.code, "receipt", 10)], actor="test")
        DirtySku.objects.all().delete()


@pytest.fixture
def world():
    return World()


def marked():
    found = set(DirtySku.objects.values_list("sku__code", flat=True))
    DirtySku.objects.all().delete()
    return found


def post_form(client, obj, **changed):
    """Post the page of `obj` as a browser would, with some fields changed."""
    url = _page(obj)
    values = read_form(client.get(url).content.decode(), f"{obj._meta.model_name}_form")
    answer = client.post(url, {**values, **changed})
    assert answer.status_code == 302, _errors(answer)
    return answer


def _errors(answer):
    context = answer.context or {}
    return [context["adminform"].form.errors, [inline.formset.errors for inline in context["inline_admin_formsets"]]]


def _page(obj):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


def run_action(client, obj, name, **more):
    url = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_changelist")
    return client.post(url, {"action": name, "_selected_action": [obj.pk], "index": 0, **more})


@pytest.mark.parametrize("name", ["warehouse", "functional", "supply", "pool"])
def test_closing_and_opening_marks_what_lies_there(admin_client, world, name):
    obj = {
        "warehouse": world.here.warehouse,
        "functional": world.here,
        "supply": world.link.supply,
        "pool": world.pool,
    }[name]
    for action in ("deactivate", "activate"):
        run_action(admin_client, obj, action)
        assert marked() == {world.near.code}
        obj.refresh_from_db()
        assert obj.active == (action == "activate")
    run_action(admin_client, obj, "activate")
    assert marked() == set()  # it was open already


def test_names_move_no_number(admin_client, world):
    for obj in (world.here.warehouse, world.link.supply, world.pool, world.shop):
        post_form(admin_client, obj, name="Another name")
        obj.refresh_from_db()
        assert obj.name == "Another name"
    assert marked() == set()


def test_a_form_marks_what_it_changes(admin_client, world):
    post_form(admin_client, world.here, safety_stock=3)
    assert marked() == {world.near.code}
    post_form(admin_client, world.link, ratio=50)
    assert marked() == {world.near.code}
    post_form(admin_client, world.pool, mode="priority")
    assert marked() == {world.near.code}
    post_form(admin_client, world.share, holdback=2)
    assert marked() == {world.near.code}
    post_form(admin_client, world.category, parent=factories.CategoryFactory().pk)
    assert marked() == {world.near.code}


def test_links_edited_on_the_supply_mark_their_own_skus(admin_client, world):
    second = factories.SupplyLinkFactory(supply=world.link.supply, functional=world.there)
    post_form(admin_client, world.link.supply, **{"links-1-ratio": 10})
    second.refresh_from_db()
    assert second.ratio == 10
    assert marked() == {world.far.code}


def test_a_link_that_moves_marks_what_it_leaves_and_what_it_comes_to(admin_client, world):
    post_form(admin_client, world.link.supply, **{"links-0-functional": world.there.pk})
    assert marked() == {world.near.code, world.far.code}


def test_a_removed_link_marks_what_it_fed(admin_client, world):
    post_form(admin_client, world.link.supply, **{"links-0-DELETE": "on"})
    assert not SupplyLink.objects.exists()
    assert marked() == {world.near.code}


def test_an_added_link_marks_what_it_feeds(admin_client, world):
    values = {"links-TOTAL_FORMS": 2, "links-1-functional": world.there.pk, "links-1-ratio": 30, "links-1-reserve": 0}
    post_form(admin_client, world.link.supply, **values, **{"links-1-active": "on"})
    assert marked() == {world.far.code}


def test_ratios_edited_in_the_list_mark_their_skus(admin_client, world):
    values = {
        "form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": world.link.pk,
        "form-0-ratio": 40, "form-0-reserve": 0, "form-0-active": "on", "_save": "Save",
    }  # fmt: skip
    admin_client.post(reverse("admin:inventory_supplylink_changelist"), values)
    world.link.refresh_from_db()
    assert world.link.ratio == 40
    assert marked() == {world.near.code}


@pytest.mark.parametrize("by", ["sku", "category"])
def test_an_override_marks_whom_it_is_for(admin_client, world, by):
    target = {"sku": world.near.pk} if by == "sku" else {"category": world.category.pk}
    values = {"link": world.link.pk, **target, "ratio": 5}
    admin_client.post(reverse("admin:inventory_linkoverride_add"), values)
    assert marked() == {world.near.code}
    override = LinkOverride.objects.get()
    admin_client.post(reverse("admin:inventory_linkoverride_delete", args=[override.pk]), {"post": "yes"})
    assert not LinkOverride.objects.exists()
    assert marked() == {world.near.code}


def test_a_supply_taken_out_of_a_pool_marks_what_it_brought(admin_client, world):
    post_form(admin_client, world.pool, supplies=[factories.SupplyFactory().pk])
    assert marked() == {world.near.code}


def test_deleting_marks_first(admin_client, world):
    for model in (Share, Pool):
        obj = model.objects.get()
        admin_client.post(
            reverse(f"admin:{_page(obj).split('/')[2]}_{model.__name__.lower()}_delete", args=[obj.pk]), {"post": "yes"}
        )
        assert not model.objects.exists()
        assert marked() == {world.near.code}


def test_dedicated_units_mark_their_sku(admin_client, world):
    values = {"pool": world.pool.pk, "shop": world.shop.pk, "sku": world.far.pk, "quantity": 3}
    admin_client.post(reverse("admin:channels_dedicatedunits_add"), values)
    assert marked() == {world.far.code}


def test_a_shop_that_closes_marks_its_pools(admin_client, world):
    other = factories.SkuFactory()
    post_movements([Movement(world.here.code, other.code, "receipt", 1)], actor="test")
    marked()
    run_action(admin_client, world.shop, "deactivate")
    assert marked() == {world.near.code, other.code}  # the other shops get what it had
    post_form(admin_client, Shop.objects.get(), active="on")
    assert marked() == {world.near.code, other.code}


def test_a_shops_policy_marks_its_listings_alone(admin_client, world):
    other = factories.SkuFactory()
    post_movements([Movement(world.here.code, other.code, "receipt", 1)], actor="test")
    marked()
    post_form(admin_client, world.shop, policy_buffer_0=2)
    world.shop.refresh_from_db()
    assert world.shop.sync == {"buffer": 2}
    assert marked() == {world.near.code}


def test_a_listing_marks_its_parts_before_and_after(admin_client, world):
    post_form(admin_client, world.listing, **{"parts-0-sku": world.far.pk})
    assert marked() == {world.near.code, world.far.code}


def test_a_listing_that_loses_its_last_part_shows_nothing(admin_client, world):
    mark_listings([world.listing.pk])
    settle()
    assert world.listing.target.quantity == 10
    post_form(admin_client, world.listing, **{"parts-0-DELETE": "on"})
    assert not world.listing.parts.exists()
    settle()
    world.listing.target.refresh_from_db()
    assert world.listing.target.quantity == 0


def test_listings_pause_with_a_reason_and_resume(admin_client, world):
    asked = run_action(admin_client, world.listing, "pause")
    assert asked.status_code == 200
    world.listing.refresh_from_db()
    assert not world.listing.paused
    run_action(admin_client, world.listing, "pause", reason="Event")
    world.listing.refresh_from_db()
    assert (world.listing.paused, world.listing.pause_reason) == (True, "Event")
    assert marked() == {world.near.code}
    run_action(admin_client, world.listing, "resume")
    world.listing.refresh_from_db()
    assert (world.listing.paused, world.listing.pause_reason) == (False, "")
    assert marked() == {world.near.code}


def test_the_default_policy_marks_every_listing(admin_client, world):
    url = admin_client.get(reverse("admin:channels_syncdefaults_changelist")).url
    admin_client.post(url, {"policy_ratio_0": "80.5"})
    assert marked() == {world.near.code}


def test_a_bundles_parts_mark_the_bundle(admin_client, world):
    bundle = factories.BundleComponentFactory(component=world.near).bundle
    post_form(admin_client, bundle, **{"components-0-quantity": 2})
    assert marked() == {bundle.code}


def test_skus_are_marked_by_hand(admin_client, world):
    run_action(admin_client, world.far, "recompute")
    assert marked() == {world.far.code}


def test_a_new_part_is_as_sellable_as_its_status(admin_client, world):
    damaged = factories.GoodsStatusFactory(code="defective", sellable=False)
    values = {"code": "D-1", "warehouse": world.here.warehouse.pk, "status": damaged.pk, "safety_stock": 0}
    admin_client.post(reverse("admin:inventory_functionalwarehouse_add"), {**values, "sellable": "on", "active": "on"})
    assert not FunctionalWarehouse.objects.get(code="D-1").sellable


def test_what_doesnt_fit_is_said_in_the_form(admin_client, world):
    bundle = factories.BundleComponentFactory().bundle
    said = {
        "code": "NEW", "name": "New", "lifecycle": "regular", "tags": "", "components-TOTAL_FORMS": 1,
        "components-INITIAL_FORMS": 0, "components-0-component": bundle.pk, "components-0-quantity": 1,
    }  # fmt: skip
    page = admin_client.post(reverse("admin:inventory_sku_add"), said)
    assert bundle.code in page.content.decode()
    child = Category.objects.create(code="child", name="Child", parent=world.category)
    values = {"code": world.category.code, "name": "x", "parent": child.pk}
    circle = admin_client.post(_page(world.category), values)
    assert circle.context["adminform"].form.errors["parent"]
    for ratio in ("101", "-1", "33.333"):
        answer = admin_client.post(_page(world.link), {"ratio": ratio, "reserve": 0})
        assert answer.context["adminform"].form.errors["ratio"], ratio
