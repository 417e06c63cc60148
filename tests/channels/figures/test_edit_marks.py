"""Edits of the catalogue move the numbers of the SKUs whose facts strategies ask about, whichever door they come by."""

from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse

from channels.network.actions import load_network
from channels.network.selectors import dump_network
from inventory.catalogue.actions import save_categories
from inventory.ledger.actions import mark_skus
from inventory.models import Brand, Category, DirtySku, Sku
from strategies.actions import mark_facts, retire_strategy
from tests.channels.figures.policy import marked, publish
from tests.channels.small_world import settle
from tests.factories import BrandFactory, CategoryFactory, GoodsStatusFactory
from tests.html_forms import read_form
from tests.sheet_files import load, xlsx

pytestmark = pytest.mark.django_db


def by_admin(client, obj, **values):
    """Save the object's form with other values."""
    name = obj._meta.model_name
    url = reverse(f"admin:inventory_{name}_change", args=[obj.pk])
    form = read_form(client.get(url).content.decode(), f"{name}_form")
    answer = client.post(url, {**form, **values})
    assert answer.status_code == 302, answer.context["adminform"].form.errors


def by_sheet(sheet, code, column, value):
    load(sheet, xlsx(["Code", column], [code, value]))


def by_document(section, code, **values):
    GoodsStatusFactory(code="good")
    rows = [row | values if row["code"] == code else row for row in dump_network()[section]]
    load_network({"version": 1, section: rows}, actor="t")


DOORS = {
    "admin": lambda client, obj, value: by_admin(client, obj, category=value.pk),
    "sheet": lambda client, obj, value: by_sheet("skus", obj.code, "Category", value.code),
    "document": lambda client, obj, value: by_document("skus", obj.code, category=value.code),
}
TREE_DOORS = {
    "admin": lambda client, obj, value: by_admin(client, obj, parent=value.pk),
    "sheet": lambda client, obj, value: by_sheet("categories", obj.code, "Parent", value.code),
    "document": lambda client, obj, value: by_document("categories", obj.code, parent=value.code),
}


@pytest.mark.parametrize("door", DOORS)
def test_another_category_moves_the_number(world, admin_client, door):
    coats, other = CategoryFactory(code="coats"), CategoryFactory()
    sku = world.sku(10, category=other)
    listing = world.listing(sku)
    publish(("category", "within", ["coats"]), ratio="50")
    settle()
    assert world.target(listing).wanted == 10
    DOORS[door](admin_client, sku, CategoryFactory(parent=coats))
    settle()
    assert world.target(listing).wanted == 5
    sku.refresh_from_db()
    DOORS[door](admin_client, sku, other)
    settle()
    assert world.target(listing).wanted == 10


@pytest.mark.parametrize("door", TREE_DOORS)
def test_another_parent_moves_the_number(world, admin_client, door):
    coats, child = CategoryFactory(code="coats"), CategoryFactory()
    here, nowhere, apart = world.sku(10, category=child), world.sku(0, category=child), world.sku(10)
    listings = [world.listing(sku, code=sku.code) for sku in (here, nowhere, apart)]
    mark_skus([nowhere.pk])
    publish(("category", "within", ["coats"]), fixed=3)
    settle()
    assert [world.target(listing).wanted for listing in listings] == [10, 0, 10]
    TREE_DOORS[door](admin_client, child, coats)
    assert set(DirtySku.objects.values_list("sku", flat=True)) == {here.pk, nowhere.pk}
    settle()
    assert [world.target(listing).wanted for listing in listings] == [3, 3, 10]


EDITS = {
    "name": ("name", "matches", "new*", "Name", "new name"),
    "brand": ("brand", "in", ["x"], "Brand", "x"),
    "season": ("season", "in", ["AW26"], "Season", "AW26"),
    "tags": ("tag", "any", ["sale"], "Tags", "sale"),
    "price": ("price", "lt", "50", "Price", 49),
    "cost": ("margin", "lt", "10", "Cost", 98),
    "weight_g": ("weight", "gt", "500", "Weight (g)", 501),
    "lifecycle": ("lifecycle", "in", ["clearance"], "Lifecycle", "clearance"),
}
VALUES = {"tags": ["sale"], "price": "49.00", "cost": "98.00"}


@pytest.mark.parametrize("door", ["admin", "sheet", "document"])
@pytest.mark.parametrize("field", EDITS)
def test_every_field_is_marked_when_a_rule_asks_and_only_then(world, admin_client, door, field):
    fact, op, value, column, cell = EDITS[field]
    brand, sku, _other = BrandFactory(code="x"), world.sku(10), world.sku(10)

    def edit():
        new = VALUES.get(field, cell)
        if door == "admin":
            by_admin(admin_client, sku, **{field: brand.pk if field == "brand" else cell})
        elif door == "sheet":
            by_sheet("skus", sku.code, column, cell)
        else:
            by_document("skus", sku.code, **{field: new})

    version = publish((fact, op, value))
    marked()
    edit()
    assert marked() == {sku.code}
    edit()
    assert marked() == set()
    bare = {"brand": None, "season": "", "tags": [], "cost": None, "weight_g": None}
    Sku.objects.filter(pk=sku.pk).update(**bare, price=99, name="a", lifecycle="new")
    retire_strategy(version.strategy, actor="t")
    marked()
    edit()
    assert marked() == set()


def test_other_codes_of_brands_and_categories_are_other_facts(world, admin_client):
    brand, category = BrandFactory(code="old"), CategoryFactory(code="old")
    branded, sorted_ = world.sku(1, brand=brand), world.sku(1, category=CategoryFactory(parent=category))
    publish(("brand", "in", ["new"]), code="b")
    publish(("category", "within", ["new"]), code="c")
    marked()
    by_admin(admin_client, brand, code="new")
    assert marked() == {branded.code}
    by_admin(admin_client, category, code="new")
    assert marked() == {sorted_.code}
    by_admin(admin_client, Brand.objects.get(), name="Other")
    by_admin(admin_client, Category.objects.get(pk=category.pk), name="Other")
    assert marked() == set()


def test_a_rule_published_meanwhile_is_seen_after_the_commit(world, django_capture_on_commit_callbacks):
    first, second = world.sku(1), world.sku(2)
    publish(("price", "lt", "5"), code="p")
    marked()
    with django_capture_on_commit_callbacks(execute=False) as later:
        assert mark_facts({"season": [first.pk], "price": [second.pk]}) == 1
    assert marked() == {second.code}
    publish(("season", "in", ["AW26"]), code="s")
    marked()
    for call in later:
        call()
    assert marked() == {first.code}


def test_skus_that_come_to_a_moved_category_meanwhile_are_marked_too(world, django_capture_on_commit_callbacks):
    coats, child = CategoryFactory(code="coats"), CategoryFactory()
    publish(("category", "within", ["coats"]))
    marked()
    with django_capture_on_commit_callbacks(execute=False) as later, transaction.atomic():
        save_categories([{"id": child.pk, "code": child.code, "name": "c", "parent": coats.code}], actor="t")
    late = world.sku(0, category=child)
    assert marked() == set()
    for call in later:
        call()
    assert marked() == {late.code}


def test_money_is_compared_as_money(world):
    sku = world.sku(1, price=Decimal("49.00"))
    publish(("price", "lt", "50"))
    marked()
    by_sheet("skus", sku.code, "Price", "49.0")
    assert marked() == set()
