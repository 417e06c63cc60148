"""The pages "Why this number?" and the stock of a SKU, and the explanation over HTTP."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.cascade.actions import recompute
from channels.models import SyncDefaults
from core.api.auth import hash_secret
from core.models import ApiKey
from inventory.ledger.actions import HoldRequest, place_holds
from inventory.models import DirtySku, WarehouseStaff
from tests.channels.small_world import settle, small_world
from tests.factories import (
    BundleComponentFactory,
    FunctionalWarehouseFactory,
    ListingPartFactory,
    ShareFactory,
    ShopFactory,
    SkuFactory,
    SupplyLinkFactory,
)

pytestmark = pytest.mark.django_db
SECRET = "s" * 32


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


def person(*permissions, warehouse=None):
    user = User.objects.create_user("person", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    if warehouse:
        WarehouseStaff.objects.create(user=user, warehouse=warehouse)
    client = Client()
    client.force_login(user)
    return client


def api(path, **key):
    values = {"owner": "integration", "owner_code": "", "scopes": ["availability"]} | key
    ApiKey.objects.update_or_create(prefix="abc", defaults={"name": "k", "secret_hash": hash_secret(SECRET), **values})
    return Client().get(f"/api/v1{path}", headers={"Authorization": f"Bearer op_abc_{SECRET}"})


def why(world, sku):
    return reverse("admin:why", args=[world.shop.code, sku.code])


# Over HTTP


def test_the_answer_tells_the_whole_path(world):
    sku = world.sku(101)
    SyncDefaults.objects.update_or_create(pk=1, defaults={"policy": {"buffer": 3}})
    world.listing(sku)
    place_holds([HoldRequest(world.functional.code, sku.code, 10, "photo shoot")], actor="t")
    world.supply.links.update(ratio=30)
    settle()
    answer = api(f"/explanations/{world.shop.code}/{sku.code}").json()
    assert answer["quantity"] == answer["stored"] == 27
    assert answer["version"] == 1
    assert answer["up_to_date"] is True
    assert answer["strategies_matched"] == []
    (row,) = answer["stock"]
    assert (row["on_hand"], row["allocated"], row["free"], row["atp"]) == (101, 10, 91, 91)
    assert row["sentence"] == f"{world.functional.code}: 101 on hand − 10 held = 91 free."
    (link,) = answer["links"]
    assert (link["ratio"], link["contribution"], link["ratio_from"]) == ("30", 27, "link")
    assert "30% of 91 = 27.3, rounded down to 27" in link["sentence"]
    (pool,) = answer["pools"]
    assert [share["quantity"] for share in pool["shares"]] == [27]
    (listing,) = answer["listings"]
    assert (listing["q0"], listing["number"], listing["target"]) == (27, 24, 24)
    assert {"field": "buffer", "label": "buffer", "value": "3", "set_by": "default", "set_by_name": "Default"} in (
        listing["policy"]
    )


def test_stock_that_comes_along_two_supplies_is_counted_once(world):
    sku = world.sku(91)
    second = SupplyLinkFactory(functional=world.functional, ratio=30)
    world.pool.supplies.add(second.supply)
    answer = api(f"/explanations/{world.shop.code}/{sku.code}").json()
    (source,) = answer["pools"][0]["sources"]
    assert source["effect"] == "cut"
    assert source["reason"].startswith("Counted once: ")
    assert source["reason"].endswith("would be 118, but only 91 exist.")


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ({}, 200),
        ({"scopes": ["stock"]}, 403),
        ({"owner": "shop", "owner_code": "OWN"}, 200),
        ({"owner": "shop", "owner_code": "OTHER"}, 404),
        ({"owner": "store", "owner_code": "OWN"}, 404),
    ],
)
def test_a_key_sees_its_own_shop_alone(key, status):
    shop, sku = ShopFactory(code="OWN"), SkuFactory()
    assert api(f"/explanations/{shop.code}/{sku.code}", **key).status_code == status


def test_without_a_key_nothing_is_told():
    assert Client().get("/api/v1/explanations/A/B").status_code == 401


def test_what_does_not_exist_is_named(world):
    answer = api(f"/explanations/{world.shop.code}/NOPE")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"] == "There is no SKU “NOPE”."
    assert api("/explanations/NOPE/NOPE").json()["detail"] == "There is no shop “NOPE”."


def test_a_waiting_change_shows(world):
    sku = world.sku(5)
    settle()
    world.receive(sku, 2)
    answer = api(f"/explanations/{world.shop.code}/{sku.code}").json()
    assert (answer["quantity"], answer["stored"]) == (7, 5)
    assert answer["pending"] is True
    assert answer["up_to_date"] is False
    settle()
    assert api(f"/explanations/{world.shop.code}/{sku.code}").json()["up_to_date"] is True


def test_a_codes_slash_is_part_of_it(world):
    sku = world.sku(3, code="A/B-1")
    assert api(f"/explanations/{world.shop.code}/{sku.code}").json()["quantity"] == 3


# The page


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_tells_the_number_and_every_layer(boss, world, language):
    sku = world.sku(40, name="Coat")
    listing = world.listing(sku)
    settle()
    for url in (why(world, sku), reverse("admin:why_listing", args=[listing.pk])):
        page = boss.get(url, headers={"Accept-Language": language})
        text = page.content.decode()
        assert page.status_code == 200
        assert 'data-number="40"' in text
        assert f'<html lang="{language}"' in text
        assert listing.code in text
        assert "None" not in text.split('class="op-explain"')[1].split("</main>")[0]
        assert "%(" not in text


def test_a_bundle_shows_each_component(boss, world):
    bundle, scarce = SkuFactory(), world.sku(7)
    BundleComponentFactory(bundle=bundle, component=scarce, quantity=2)
    BundleComponentFactory(bundle=bundle, component=world.sku(50))
    text = boss.get(why(world, bundle)).content.decode()
    assert 'data-number="3"' in text
    assert "Limits the bundle" in text


def test_what_is_missing_is_said(boss):
    shop, sku = ShopFactory(), SkuFactory()
    text = boss.get(reverse("admin:why", args=[shop.code, sku.code])).content.decode()
    assert "This SKU has never had stock anywhere." in text
    assert "No dispatch pool serves this shop." in text
    assert "no platform shows it" in text


def test_the_search_finds_by_pinyin_and_goes_to_the_one_that_is_meant(boss, world):
    sku = world.sku(1, name="羊毛大衣", search_name="yangmaodayi ymdy")
    url = reverse("admin:why_search")
    assert sku.code in boss.get(url, {"shop": world.shop.code, "sku": "ymdy"}).content.decode()
    assert boss.get(url, {"shop": world.shop.code, "sku": sku.code}).url == why(world, sku)
    assert "No SKU matches" in boss.get(url, {"shop": world.shop.code, "sku": "zzz"}).content.decode()
    assert boss.get(url).status_code == 200


def test_unknown_codes_are_a_404(boss, world):
    assert boss.get(reverse("admin:why", args=[world.shop.code, "NOPE"])).status_code == 404
    assert boss.get(reverse("admin:why", args=["NOPE", "NOPE"])).status_code == 404
    assert boss.get(reverse("admin:why_listing", args=[1])).status_code == 404
    assert boss.get(reverse("admin:sku_stock", args=["NOPE"])).status_code == 404


def test_a_listing_without_parts_says_so(boss, world):
    listing = world.listing()
    assert "has no SKU" in boss.get(reverse("admin:why_listing", args=[listing.pk])).content.decode()


def test_only_those_who_may_see_shop_numbers_see_them(world):
    sku = world.sku(1)
    assert person().get(why(world, sku)).status_code == 403
    User.objects.all().delete()
    assert person("view_shopquantity").get(why(world, sku)).status_code == 200
    User.objects.all().delete()
    scoped = person("view_shopquantity", warehouse=world.functional.warehouse)
    assert scoped.get(why(world, sku)).status_code == 403
    assert Client().get(why(world, sku)).status_code == 302


def count_queries(boss, url):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert boss.get(url).status_code == 200
    return len(queries)


def test_a_bigger_network_asks_no_more_of_the_database(boss, world):
    sku = world.sku(10)
    world.listing(sku)
    urls = [why(world, sku), reverse("admin:sku_stock", args=[sku.code])]
    before = [count_queries(boss, url) for url in urls]
    for _ in range(3):
        functional = FunctionalWarehouseFactory()
        link = SupplyLinkFactory(functional=functional)
        world.pool.supplies.add(link.supply)
        ShareFactory(pool=world.pool)
        ListingPartFactory(listing=world.listing(sku), sku=world.sku(4))
    assert [count_queries(boss, url) for url in urls] == before


# The stock of a SKU


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_stock_page_has_every_row_layer_hold_and_entry(boss, world, language):
    sku = world.sku(12)
    world.listing(sku)
    place_holds([HoldRequest(world.functional.code, sku.code, 2, "photo shoot")], actor="t")
    settle()
    page = boss.get(reverse("admin:sku_stock", args=[sku.code]), headers={"Accept-Language": language})
    text = page.content.decode()
    assert 'data-on-hand="12"' in text
    assert "photo shoot" in text
    assert "+12" in text
    assert why(world, sku) in text
    assert "None" not in text.split('class="op-explain"')[1].split("</main>")[0]
    assert page.context["stock"].layers.shops[0].quantity == 10


def test_the_stock_page_takes_an_id_as_well(boss, world):
    sku = world.sku(1)
    assert f"Item {sku.code}" in boss.get(reverse("admin:sku_stock", args=[sku.pk])).content.decode()


def test_people_with_workplaces_see_their_rows_alone(world):
    sku = world.sku(5)
    other = FunctionalWarehouseFactory()
    world.functional, own = other, world.functional
    world.receive(sku, 300)
    client = person("view_stockrow", warehouse=own.warehouse)
    page = client.get(reverse("admin:sku_stock", args=[sku.code]))
    assert page.context["stock"].on_hand == 5
    assert page.context["stock"].layers is None
    text = page.content.decode()
    assert other.code not in text
    assert "300" not in text.split('class="op-explain"')[1]


def test_the_stock_search_shows_the_only_hit_at_once(boss, world):
    sku = world.sku(9, name="羊毛大衣", search_name="yangmaodayi ymdy")
    url = reverse("admin:sku_stock_search")
    assert boss.get(url, {"sku": "ymdy"}).context["stock"].sku == sku
    assert "No SKU matches" in boss.get(url, {"sku": "zzz"}).content.decode()


def test_the_pages_read_and_change_nothing(boss, world):
    sku = world.sku(3)
    recompute()
    dirty = list(DirtySku.objects.values_list("sku_id", "generation"))
    boss.get(why(world, sku))
    boss.get(reverse("admin:sku_stock", args=[sku.code]))
    assert list(DirtySku.objects.values_list("sku_id", "generation")) == dirty
