"""“Preview the effect” changes nothing, and shows what saving really gives."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse

from channels.cascade.actions import recompute
from channels.models import DedicatedUnits, Listing, Share, ShopQuantity, SyncDefaults
from channels.preview import selectors
from channels.preview.actions import preview_effect
from core.errors import InvalidInput
from inventory.models import LinkOverride, Pool, StockRow, Supply, SupplyLink
from tests.channels.form_values import form_values
from tests.channels.small_world import settle, small_world
from tests.factories import (
    BundleComponentFactory,
    CategoryFactory,
    LinkOverrideFactory,
    ListingFactory,
    ListingPartFactory,
    ShareFactory,
    SkuFactory,
    SupplyLinkFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def collected_static(settings, tmp_path):
    """WhiteNoise warns about a folder that isn't there."""
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def world():
    return small_world()


@pytest.fixture
def boss():
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


def name_of(model):
    return f"{model._meta.app_label}_{model._meta.model_name}"


def change_url(obj):
    return reverse(f"admin:{name_of(type(obj))}_change", args=[obj.pk])


def posted_as_it_stands(boss, url, model):
    page = boss.get(url)
    assert page.status_code == 200
    return form_values(page.content.decode(), f"{model._meta.model_name}_form")


def preview(boss, model, url, values):
    return boss.post(url, {**values, f"{name_of(model)}_preview_effect": "1"})


def snapshot():
    """Every row of every table of ours, with the transaction that wrote it."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename ~ '^(inv|chan|core)'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT xmin::text, t::text FROM public.{table} t ORDER BY 2")
            found[table] = cursor.fetchall()
    return found


def numbers():
    return dict(ShopQuantity.objects.values_list("shop__code", "quantity"))


def links_of(world):
    return world.supply.links.get()


@pytest.fixture
def stocked(world):
    """101 units, one listing, everything computed."""
    world.sku_row = world.sku(101)
    world.item = world.listing(world.sku_row)
    settle()
    return world


EDITS = {
    "ratio of a link": lambda w: (links_of(w), {"ratio": "33.33"}, 33),
    "reserve of a link": lambda w: (links_of(w), {"reserve": "11"}, 90),
    "a link off": lambda w: (links_of(w), {"active": None}, 0),
    "ratio on the supply warehouse": lambda w: (w.supply, {"links-0-ratio": "50"}, 50),
    "a supply warehouse off": lambda w: (w.supply, {"active": None}, 0),
    "scarcity of a pool": lambda w: (w.pool, {"scarcity_at": "5"}, 101),
    "a pool off": lambda w: (w.pool, {"active": None}, 0),
    "a share in the pool": lambda w: (w.pool, {"shares-0-ratio": "80"}, 80),
    "safety stock": lambda w: (w.functional, {"safety_stock": "21"}, 80),
    "not sold from": lambda w: (w.functional, {"sellable": None}, 0),
    "a warehouse off": lambda w: (w.functional.warehouse, {"active": None}, 0),
}


def edited(boss, obj, changes):
    values = posted_as_it_stands(boss, change_url(obj), type(obj))
    assert all(name in values or value for name, value in changes.items()), "the form lacks a field"
    values.update(changes)
    return {name: value for name, value in values.items() if value is not None}


@pytest.mark.parametrize("edit", EDITS)
def test_a_preview_changes_nothing_and_shows_what_saving_gives(boss, stocked, edit):
    obj, changes, expected = EDITS[edit](stocked)
    values, before = edited(boss, obj, changes), snapshot()
    page = preview(boss, type(obj), change_url(obj), values)
    assert page.status_code == 200
    assert snapshot() == before
    effect = page.context["effect"].effect
    shops = {layer.layer: layer for layer in effect.layers}["shop"]
    assert (shops.before, shops.after) == (101, expected)
    assert effect.numbers == effect.listings == (expected != 101)
    assert effect.numbers_to_zero == (expected == 0)

    assert boss.post(change_url(obj), {**values, "_save": "1"}).status_code == 302
    settle()
    assert list(numbers().values()) == [expected]
    assert stocked.target(stocked.item).quantity == expected


def test_saving_from_the_preview_posts_the_same_form(boss, stocked):
    link = links_of(stocked)
    page = preview(boss, SupplyLink, change_url(link), edited(boss, link, {"ratio": "40"}))
    text = page.content.decode()
    assert "Nothing has been saved yet." in text
    posted = dict(page.context["hidden"])
    assert posted["ratio"] == "40"
    assert "csrfmiddlewaretoken" not in posted
    assert f'action="{change_url(link)}"' in text
    boss.post(change_url(link), {**posted, "_save": "1"})
    link.refresh_from_db()
    assert link.ratio == 40


def test_going_back_shows_the_edit_again_and_saves_nothing(boss, stocked):
    link = links_of(stocked)
    before = snapshot()
    page = boss.post(change_url(link), {**edited(boss, link, {"ratio": "40"}), "_edit_again": "1"})
    assert page.status_code == 200
    assert page.context["adminform"].form["ratio"].value() == "40"
    assert "errornote" not in page.content.decode()
    assert snapshot() == before


def test_a_form_that_does_not_fit_shows_its_errors(boss, stocked):
    link = links_of(stocked)
    before = snapshot()
    page = preview(boss, SupplyLink, change_url(link), edited(boss, link, {"ratio": "140"}))
    assert page.status_code == 200
    assert page.context["adminform"].form.errors["ratio"]
    assert "100" in page.content.decode()
    assert snapshot() == before


def test_a_new_object_is_previewed_from_its_add_form(boss, stocked):
    url = reverse("admin:inventory_linkoverride_add")
    assert "Preview the effect" in boss.get(url).content.decode()
    values = posted_as_it_stands(boss, url, LinkOverride)
    values.update({"link": links_of(stocked).pk, "sku": stocked.sku_row.pk, "ratio": "10"})
    before = snapshot()
    effect = preview(boss, LinkOverride, url, values).context["effect"].effect
    assert {layer.layer: layer.after for layer in effect.layers}["shop"] == 10
    assert snapshot() == before
    assert not LinkOverride.objects.exists()


@pytest.mark.parametrize("mode", Pool.Mode.values)
def test_a_pools_mode_is_previewed(boss, stocked, mode):
    ShareFactory(pool=stocked.pool, shop__code="ZZ", ratio=50, priority=2)
    recompute()
    values = edited(boss, stocked.pool, {"mode": mode, "scarcity_at": "1"})
    effect = preview(boss, Pool, change_url(stocked.pool), values).context["effect"].effect
    boss.post(change_url(stocked.pool), {**values, "_save": "1"})
    settle()
    shops = {layer.layer: layer for layer in effect.layers}["shop"]
    assert shops.after == sum(numbers().values())


def test_dedicated_units_are_previewed(boss, stocked):
    other = ShareFactory(pool=stocked.pool)
    settle()
    url = reverse("admin:channels_dedicatedunits_add")
    values = posted_as_it_stands(boss, url, DedicatedUnits)
    values.update({"pool": stocked.pool.pk, "shop": other.shop.pk, "sku": stocked.sku_row.pk, "quantity": "40"})
    effect = preview(boss, DedicatedUnits, url, values).context["effect"].effect
    (sku,) = effect.most
    assert [(change.code, change.before, change.after) for change in sku.shops] == [(stocked.shop.code, 101, 61)]
    assert not DedicatedUnits.objects.exists()


# Sync policies move listings, not shops


def layer(effect, name):
    return next(each for each in effect.layers if each.layer == name)


@pytest.mark.parametrize("of", ["shop", "listing", "defaults"])
def test_a_sync_policy_is_previewed_down_to_the_listings(boss, stocked, of):
    defaults, _ = SyncDefaults.objects.get_or_create(pk=1)
    obj = {"shop": stocked.shop, "listing": stocked.item, "defaults": defaults}[of]
    values = posted_as_it_stands(boss, change_url(obj), type(obj))
    field = next(name for name in values if "buffer" in name)
    switches = {name: "set" for name in values if name.startswith("buffer") and name != field}
    values.update({**switches, field: "7"})
    before = snapshot()
    page = preview(boss, type(obj), change_url(obj), values)
    effect = page.context["effect"].effect
    assert snapshot() == before
    assert (effect.numbers, effect.listings) == (0, 1)
    assert (layer(effect, "listing").before, layer(effect, "listing").after) == (101, 94)
    boss.post(change_url(obj), {**values, "_save": "1"})
    settle()
    assert stocked.target(stocked.item).quantity == 94


def try_out(change):
    return preview_effect(change).effect


def test_a_listing_that_may_only_increase_waits(stocked):
    Listing.objects.filter(pk=stocked.item.pk).update(increase_only=True)
    effect = try_out(lambda: reduce_ratio(stocked))
    assert (effect.listings, effect.listings_waiting) == (0, 1)
    assert effect.numbers == 1


def reduce_ratio(world, ratio=10):
    from inventory.ledger.actions.marks import mark_functionals

    SupplyLink.objects.update(ratio=ratio)
    mark_functionals([world.functional.pk])


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


def override(world, ratio):
    from inventory.ledger.actions.marks import mark_skus

    LinkOverrideFactory(link=links_of(world), sku=world.sku_row, ratio=ratio)
    mark_skus([world.sku_row.pk])


def numbers_of(*skus):
    found = dict(ShopQuantity.objects.values_list("sku_id", "quantity"))
    return [found[sku.pk] for sku in skus]


def test_a_category_override_touches_the_categorys_skus_alone(boss, stocked):
    coats = CategoryFactory()
    coat = stocked.sku(50, category=coats)
    settle()
    url = reverse("admin:inventory_linkoverride_add")
    values = posted_as_it_stands(boss, url, LinkOverride)
    values.update({"link": links_of(stocked).pk, "category": coats.pk, "ratio": "0"})
    effect = preview(boss, LinkOverride, url, values).context["effect"].effect
    assert effect.skus == 1
    assert [(change.sku_id, change.difference) for change in effect.most] == [(coat.pk, -50)]


def test_what_the_edit_raises_comes_through_and_is_taken_back(stocked):
    before = snapshot()

    def refuse():
        reduce_ratio(stocked)
        raise InvalidInput("no")

    with pytest.raises(InvalidInput):
        preview_effect(refuse)
    assert snapshot() == before


def test_without_the_right_to_change_there_is_no_preview(stocked):
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_supplylink"))
    client = Client()
    client.force_login(user)
    link = links_of(stocked)
    assert "Preview the effect" not in client.get(change_url(link)).content.decode()
    assert preview(client, SupplyLink, change_url(link), {"ratio": "1"}).status_code == 403
    assert preview(client, SupplyLink, reverse("admin:inventory_supplylink_add"), {}).status_code == 403


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_reads_in_both_languages(boss, stocked, language):
    link = links_of(stocked)
    values = {**edited(boss, link, {"ratio": "0"}), "inventory_supplylink_preview_effect": "1"}
    page = boss.post(change_url(link), values, headers={"Accept-Language": language})
    text = page.content.decode()
    assert "%(" not in text
    assert "None" not in text.split('class="op-explain"')[1].split("</main>")[0]
    assert stocked.sku_row.code in text


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


@pytest.fixture
def stocked_outside():
    world = small_world()
    world.sku_row = world.sku(101)
    world.item = world.listing(world.sku_row)
    settle()
    return world


@pytest.fixture
def second_connection():
    other = connection.copy()
    yield other
    other.close()


def test_the_objects_of_a_preview_are_all_still_there(stocked):
    counts = [model.objects.count() for model in (Supply, SupplyLink, Pool, Share, StockRow, Listing)]
    try_out(lambda: Pool.objects.all().delete())
    assert [model.objects.count() for model in (Supply, SupplyLink, Pool, Share, StockRow, Listing)] == counts


def test_a_second_link_that_is_added_inline_counts(boss, stocked):
    second = SupplyLinkFactory(functional=stocked.functional, ratio=30)
    stocked.pool.supplies.add(second.supply)
    settle()
    values = edited(boss, second.supply, {"links-0-ratio": "100"})
    effect = preview(boss, Supply, change_url(second.supply), values).context["effect"].effect
    assert layer(effect, "supply").after - layer(effect, "supply").before == 71
    assert effect.numbers == 0  # counted once in the pool
