"""Every page of the admin opens, in both languages, with a number of queries that doesn't depend on the rows."""

import json
import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse

from inventory.catalogue.rules import search_name
from inventory.models import Sku
from inventory.warehouses.actions import ensure_roles
from tests import factories
from tests.admin_world import grow_world
from tests.querycounts import BASELINE, assert_query_count, count_queries

pytestmark = pytest.mark.django_db
LISTED = sorted(
    f"{model._meta.app_label}_{model._meta.model_name}"
    for model in admin.site._registry
    if model._meta.model_name != "syncdefaults"
)


def _changelist(name):
    return reverse(f"admin:{name}_changelist")


def test_lists_ask_as_often_for_thirty_rows_as_for_three(admin_client):
    grow_world(3)
    for name in LISTED:
        assert admin_client.get(_changelist(name)).status_code == 200  # the first visit fills caches
        assert_query_count(f"admin:{name}", lambda name=name: admin_client.get(_changelist(name)))
    before = {name: count_queries(lambda name=name: admin_client.get(_changelist(name)))[0] for name in LISTED}
    grow_world(27, start=3)
    for name in LISTED:
        after, queries = count_queries(lambda name=name: admin_client.get(_changelist(name)))
        assert after == before[name], f"{name}: {before[name]} with 3 rows, {after} with 30\n" + "\n".join(queries)


def test_the_dashboard_asks_as_often_for_thirty_rows_as_for_three(admin_client):
    grow_world(3)
    admin_client.get(reverse("admin:index"))
    assert_query_count("admin:index", lambda: admin_client.get(reverse("admin:index")))
    few, _queries = count_queries(lambda: admin_client.get(reverse("admin:index")))
    grow_world(27, start=3)
    assert count_queries(lambda: admin_client.get(reverse("admin:index")))[0] == few


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_form_opens(admin_client, language):
    grow_world(1)
    admin_client.cookies["django_language"] = language
    for model, page in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        rows = model._default_manager.all()
        if rows:
            url = reverse(f"admin:{name}_change", args=[rows[0].pk])
            assert admin_client.get(url).status_code == 200, name
        if page.has_add_permission(admin_client.get(_changelist("inventory_sku")).wsgi_request):
            assert admin_client.get(reverse(f"admin:{name}_add")).status_code == 200, name


def test_forms_of_parents_ask_as_often_for_many_children(admin_client):
    supply, pool = factories.SupplyFactory(), factories.PoolFactory()
    listing, link = factories.ListingFactory(), factories.SupplyLinkFactory()
    bundle, warehouse = factories.SkuFactory(), factories.WarehouseFactory()
    rows = {
        "inventory_supply": (supply, lambda: factories.SupplyLinkFactory(supply=supply)),
        "inventory_supplylink": (link, lambda: factories.LinkOverrideFactory(link=link, sku=factories.SkuFactory())),
        "inventory_pool": (pool, lambda: factories.ShareFactory(pool=pool)),
        "channels_listing": (listing, lambda: factories.ListingPartFactory(listing=listing)),
        "inventory_sku": (bundle, lambda: factories.BundleComponentFactory(bundle=bundle)),
        "inventory_warehouse": (
            warehouse,
            lambda: factories.FunctionalWarehouseFactory(
                warehouse=warehouse, status__code=f"s{warehouse.functional.count()}"
            ),
        ),
    }
    for name, (parent, grow) in rows.items():
        url = reverse(f"admin:{name}_change", args=[parent.pk])
        grow()
        grow()
        admin_client.get(url)
        few, _queries = count_queries(lambda url=url: admin_client.get(url))
        for _turn in range(5):
            grow()
        many, queries = count_queries(lambda url=url: admin_client.get(url))
        assert many == few, f"{name}: {few} → {many}\n" + "\n".join(sql[:200] for sql in queries)


def test_nothing_is_loaded_from_other_hosts(admin_client):
    page = admin_client.get(reverse("admin:index")).content.decode()
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//[^"']+""", page)


def test_an_empty_company_is_told_how_to_begin(admin_client):
    assert "make demo" in admin_client.get(reverse("admin:index")).content.decode()
    assert "make demo" in admin_client.get(_changelist("inventory_sku")).content.decode()


def test_the_dashboard_counts(admin_client):
    grow_world(2)
    page = admin_client.get(reverse("admin:index"))
    assert page.context["stock"]["on_hand"] == 20
    assert page.context["stock"]["allocated"] == 4
    assert page.context["publishing"]["pending"] == 2
    assert page.context["dirty"]["total"] == 2
    assert len(page.context["holds"]) == 2


def test_the_sidebar_shows_what_the_user_may_see(client, django_user_model):
    ensure_roles()
    user = django_user_model.objects.create_user("dealer", is_staff=True)
    user.groups.set(Group.objects.filter(name="Dealer"))
    client.force_login(user)
    page = client.get(reverse("admin:index")).content.decode()
    assert reverse("admin:inventory_stockrow_changelist") in page
    assert reverse("admin:channels_shop_changelist") not in page


def test_the_palette_finds_by_pinyin(admin_client):
    Sku.objects.create(code="X-1", name="羊毛大衣", search_name=search_name("羊毛大衣"))
    page = admin_client.get(reverse("admin:search"), {"s": "ymdy", "extended": "1"}).content.decode()
    assert "X-1" in page


def test_the_baseline_names_every_list():
    known = json.loads(BASELINE.read_text())
    assert {f"admin:{name}" for name in LISTED} <= set(known)
