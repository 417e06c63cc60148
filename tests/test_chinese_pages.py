"""No English is left on the Chinese pages, save codes, names of products and what people have written."""

import re
from itertools import chain

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from channels.cascade.actions import recompute
from channels.models import Listing, Share, Shop
from core.models import ApiKey
from inventory.models import Hold, Sku, StockRow, Warehouse
from tests.admin_world import grow_world
from tests.html_forms import read_form
from tests.page_texts import read_texts

pytestmark = pytest.mark.django_db
WORD = re.compile(r"[A-Za-z]{2,}")
# Names, keys of a keyboard, commands, addresses and terms that Chinese merchandisers use as they are.
KEPT = re.compile(
    r"(?<![A-Za-z])(SKU|API|CSV|Excel|Key|id|en|zh-hans|Onepool|English|Shopify|WooCommerce|LDAP|ABC|JavaScript|Ctrl|esc|Mac)(?![A-Za-z])"
    r"|Control(?= 键)|Command(?= 键)|make demo|manage\.py network load|https?://\S+|pbkdf2_sha256|\S+\*{3,}"
)
STOCK_DIALOGS = ("count", "receive", "issue", "adjust", "move", "hold", "safety_stock")
FRAMEWORK = {"contenttypes.ContentType", "auth.Permission"}
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture(autouse=True)
def files_go_to_a_folder_of_the_test(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def world(admin_client):
    grow_world(1)
    recompute(None)
    admin_client.cookies["django_language"] = "zh-hans"
    return admin_client


def _written_by_people():
    """Every text that stands in the database, longest first: no page translates it."""
    texts = set()
    for model in apps.get_models():
        if model._meta.label in FRAMEWORK:
            continue
        columns = [field.attname for field in model._meta.concrete_fields if not field.choices]
        for value in chain.from_iterable(model._default_manager.values_list(*columns)):
            texts.update(item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str))
    return sorted((text for text in texts if WORD.search(text)), key=len, reverse=True)


def _leftovers(page):
    # The longest first: a code may be a part of a name.
    written = re.compile(f"(?<![A-Za-z])({'|'.join(map(re.escape, _written_by_people()))})(?![A-Za-z])", re.IGNORECASE)
    return [text for text in read_texts(page) if WORD.search(KEPT.sub("", written.sub("", text)))]


def _check(client, urls):
    found = {}
    for url in urls:
        answer = client.get(url, follow=True)
        assert answer.status_code == 200, url
        for text in _leftovers(answer.content.decode()):
            found.setdefault(text, url)
    assert not found, "\n".join(f"{url}: {text!r}" for text, url in found.items())


def _name(model):
    return f"admin:{model._meta.app_label}_{model._meta.model_name}"


def test_lists(world):
    _check(world, [reverse("admin:index"), *(reverse(f"{_name(model)}_changelist") for model in REGISTERED)])


def test_empty_lists(admin_client):
    admin_client.cookies["django_language"] = "zh-hans"
    _check(admin_client, [f"{reverse(f'{_name(model)}_changelist')}" for model in REGISTERED])


def test_forms(world):
    request = world.get(reverse("admin:index")).wsgi_request
    forms = [
        reverse(f"{_name(model)}_add")
        for model, page in admin.site._registry.items()
        if page.has_add_permission(request)
    ]
    for model in REGISTERED:
        for row in model._default_manager.all()[:1]:
            forms += [
                reverse(f"{_name(model)}_change", args=[row.pk]),
                reverse(f"{_name(model)}_history", args=[row.pk]),
            ]
    _check(world, forms)


def test_explanations(world):
    sku, shop, listing = Sku.objects.all()[0], Shop.objects.all()[0], Listing.objects.all()[0]
    _check(
        world,
        [
            reverse("admin:why_search"),
            reverse("admin:why", args=[shop.code, sku.code]),
            reverse("admin:why_listing", args=[listing.pk]),
            reverse("admin:sku_stock_search"),
            reverse("admin:sku_stock", args=[sku.code]),
        ],
    )


def test_imports(world):
    sheets = [
        page.sheet_url("sheet", sheet)
        for page in admin.site._registry.values()
        if hasattr(page, "list_sheets")
        for sheet in page.list_sheets()
        if sheet.imports
    ]
    assert sheets
    _check(world, sheets)


def test_dialogs(world):
    rows = {"inventory_hold_release_one": Hold, "core_apikey_revoke_one": ApiKey}
    rows |= dict.fromkeys((f"inventory_stockrow_{name}" for name in STOCK_DIALOGS), StockRow)
    urls = [reverse(f"admin:{name}", args=[model.objects.all()[0].pk]) for name, model in rows.items()]
    _check(world, [*urls, reverse("admin:inventory_stockrow_post_movement"), f"{reverse('admin:search')}?s=item"])
    page = world.post(
        reverse("admin:inventory_stockrow_issue", args=[StockRow.objects.all()[0].pk]), {"quantity": "-1"}
    )
    assert not _leftovers(page.content.decode())


def test_deleting(world):
    rows = [model.objects.all()[0] for model in (Sku, Warehouse, Share, Listing)]
    _check(world, [reverse(f"{_name(type(row))}_delete", args=[row.pk]) for row in rows])


def test_outcomes_of_imports(world):
    for lines in ("编码,名称\n1,新\n", "编码,名称,售价\n,=1,便宜\n", "颜色\n1\n"):
        url = reverse("admin:inventory_sku_sheet", args=["skus"])
        answer = world.post(url, {"file": SimpleUploadedFile("1.csv", lines.encode())}, follow=True)
        assert not _leftovers(answer.content.decode())


def test_accounts(world, client):
    _check(world, [reverse("admin:password_change")])
    client.cookies["django_language"] = "zh-hans"
    _check(client, [reverse("admin:login")])
    refused = client.post(reverse("admin:login"), {"username": "nobody", "password": "wrong"})
    assert not _leftovers(refused.content.decode())


def test_previews(world):
    share = Share.objects.all()[0]
    url = reverse("admin:channels_share_change", args=[share.pk])
    values = read_form(world.get(url).content.decode(), "share_form") | {"ratio": "50"}
    answer = world.post(url, {**values, "channels_share_preview_effect": "1"})
    assert not _leftovers(answer.content.decode())


def test_faults_of_a_form(world):
    url = reverse("admin:inventory_sku_add")
    answer = world.post(url, read_form(world.get(url).content.decode(), "sku_form"))
    assert answer.context["errors"]
    assert not _leftovers(answer.content.decode())
