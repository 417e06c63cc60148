"""“Preview the effect” changes nothing, and shows what saving really gives."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from channels.cascade.actions import recompute
from channels.models import DedicatedUnits, SyncDefaults
from inventory.models import LinkOverride, Pool, Supply, SupplyLink
from tests.channels.preview.steps import (
    change_url,
    edited,
    layer,
    links_of,
    numbers,
    posted_as_it_stands,
    preview,
    snapshot,
)
from tests.channels.small_world import settle
from tests.factories import CategoryFactory, ShareFactory, SupplyLinkFactory

pytestmark = pytest.mark.django_db
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


def test_a_second_link_that_is_added_inline_counts(boss, stocked):
    second = SupplyLinkFactory(functional=stocked.functional, ratio=30)
    stocked.pool.supplies.add(second.supply)
    settle()
    values = edited(boss, second.supply, {"links-0-ratio": "100"})
    effect = preview(boss, Supply, change_url(second.supply), values).context["effect"].effect
    assert layer(effect, "supply").after - layer(effect, "supply").before == 71
    assert effect.numbers == 0  # counted once in the pool
