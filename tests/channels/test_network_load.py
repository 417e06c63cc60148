"""Loading and dumping: nothing is lost, nothing changes twice, and what is absent is retired."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from channels.cascade.actions import recompute_dirty
from channels.cascade.selectors import verify_numbers
from channels.models import Channel, DedicatedUnits, Listing, ListingPart, Share, Shop
from channels.network.actions import load_network
from channels.network.reading import read_file, write_text
from channels.network.selectors import dump_network
from channels.sync.models import SyncDefaults
from inventory.ledger.models import DirtySku
from inventory.models import (
    Category,
    FunctionalWarehouse,
    Hold,
    LedgerEntry,
    LinkOverride,
    Pool,
    Region,
    Sku,
    StockRow,
    Supply,
    SupplyLink,
    Warehouse,
)
from tests.channels.network_documents import rich, small
from tests.channels.networks import networks
from tests.factories import GoodsStatusFactory

pytestmark = pytest.mark.django_db
VECTORS = sorted((Path(__file__).parents[1] / "vectors").glob("*.json"))


@pytest.fixture(autouse=True)
def statuses(db):
    """A test that flushes loses the rows a migration made."""
    for code in ("good", "defective", "inspection", "staging"):
        GoodsStatusFactory(code=code)


def load(document, **options):
    return load_network(document, actor="test", **options)


def settle():
    while recompute_dirty():
        pass
    assert verify_numbers() == []


def dumped():
    return write_text(dump_network(with_stock=True), "json")


def assert_says(document):
    """The installation says what the document says: loading changes nothing, a dump brings it back."""
    before = dumped()
    assert load(document).changes == []
    assert load(json.loads(before)).changes == []
    assert dumped() == before


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_loading_a_dump_changes_nothing(path):
    document = json.loads(path.read_text())["network"]
    load(document)
    assert_says(document)


def test_every_field_survives():
    load(rich())
    assert dump_network(with_stock=True) == rich()
    assert_says(rich())


def test_yaml_says_the_same(tmp_path):
    load(rich())
    path = tmp_path / "network.yaml"
    path.write_text(write_text(dump_network(with_stock=True), "yaml"))
    assert read_file(path) == rich()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=networks())
def test_any_network_survives(document):
    from django.db import transaction

    for name in ("closed_pools", "sales"):  # no sections of a document
        document.pop(name)
    for shop in document["shops"]:
        shop |= {"channel": "web", "platform": "demo"}
    with transaction.atomic():
        load(document)
        assert_says(document)
        transaction.set_rollback(True)


def test_stock_enters_through_the_ledger_and_manual_holds():
    load(small())
    assert set(LedgerEntry.objects.values_list("kind", "functional__code", "sku__code", "quantity", "actor")) == {
        ("opening", "SH-GOOD", "A", 40, "test"),
        ("opening", "BJ-GOOD", "B", 30, "test"),
    }
    assert list(Hold.objects.values_list("sku__code", "quantity", "kind", "closed_at")) == [("A", 4, "manual", None)]


def test_what_is_left_out_has_its_default():
    load(small())
    sellable = dict(FunctionalWarehouse.objects.values_list("code", "sellable"))
    assert sellable == {"SH-GOOD": True, "SH-BAD": False, "BJ-GOOD": True}
    assert Channel.objects.get().name == "web"
    assert Share.objects.get(pool__code="P1", shop__code="X").ratio == 100
    assert Sku.objects.get(code="A").name == "A"
    assert SyncDefaults.objects.get().policy == {"buffer": 0}


def test_an_official_region_needs_no_map():
    document = small()
    document["warehouses"][0]["region"] = "310115"
    load(document)
    assert list(Region.objects.values_list("code", "level")) == [("310115", "county")]
    assert_says(document)


def test_a_chinese_name_is_found_from_a_latin_keyboard():
    load(rich())
    assert "yangmaodayi ymdy" in Sku.objects.get(code="COAT").search_name
    load({"skus": [{"code": "COAT", "name": "风衣"}]})
    assert "fengyi fy" in Sku.objects.get(code="COAT").search_name


def test_a_dry_run_reports_and_changes_nothing():
    before = dumped()
    report = load(rich(), dry_run=True)
    assert report.counts()["skus"]["add"] == 3
    assert report.counts()["stock"]["add"] == 2
    assert dumped() == before
    assert not Sku.objects.exists()
    assert not LedgerEntry.objects.exists()
    assert not DirtySku.objects.exists()


def test_changes_are_reported_with_before_and_after():
    load(small())
    document = small()
    document["supplies"][0]["sources"][1]["ratio"] = 80
    (change,) = load(document).changes
    assert (change.action, change.table, change.key) == ("change", "supplies.sources", ("S1", "BJ-GOOD"))
    assert change.fields == ["ratio"]
    assert (change.before["ratio"], change.after["ratio"]) == (50, 80)


def test_absent_things_are_retired():
    load(small())
    document = small()
    for key in ("warehouses", "supplies", "pools", "shops"):
        document[key].pop(0)
    document["warehouses"][0]["functional"] = []
    document["supplies"] = [{"code": "S2", "sources": []}]
    document["pools"] = [{"code": "P2"}]
    document["dedicated"] = []
    document.pop("stock")
    document["shops"][0]["listings"] = []
    report = load(document)
    assert report.counts()["shops"] == {"retire": 1}
    assert dict(Warehouse.objects.values_list("code", "active")) == {"SH": False, "BJ": True}
    # The parts of a retired warehouse stay as they are; those missing from one that is named are retired.
    assert dict(FunctionalWarehouse.objects.values_list("code", "active")) == {
        "SH-GOOD": True,
        "SH-BAD": True,
        "BJ-GOOD": False,
    }
    assert dict(Supply.objects.values_list("code", "active")) == {"S1": False, "S2": True}
    assert set(SupplyLink.objects.values_list("supply__code", flat=True)) == {"S1"}
    assert dict(Pool.objects.values_list("code", "active")) == {"P1": False, "P2": True}
    assert set(Share.objects.values_list("pool__code", flat=True)) == {"P1"}
    assert not Pool.objects.get(code="P2").supplies.exists()
    assert not DedicatedUnits.objects.exists()
    assert dict(Shop.objects.values_list("code", "active")) == {"X": False, "Y": True}
    assert dict(Listing.objects.values_list("code", "active")) == {"x-a": True, "x-b": True, "y-kit": False}
    assert load(document).changes == []
    settle()


def test_absent_goods_are_left_alone():
    load(small())
    report = load({"categories": [], "brands": [], "skus": [{"code": "C"}]})
    assert report.counts() == {"skus": {"add": 1}}
    assert set(Sku.objects.values_list("code", flat=True)) == {"A", "B", "C", "KIT"}


def test_children_of_what_is_named_are_replaced():
    load(small())
    document = small()
    document["skus"][2]["components"] = [{"sku": "B", "quantity": 3}]
    document["supplies"][0]["sources"][0]["overrides"] = [{"sku": "B", "reserve": 7}]
    document["shops"][0]["listings"][0]["components"] = [{"sku": "B"}]
    load(document)
    assert list(Sku.objects.get(code="KIT").components.values_list("component__code", "quantity")) == [("B", 3)]
    assert list(LinkOverride.objects.values_list("sku__code", "reserve")) == [("B", 7)]
    assert list(ListingPart.objects.filter(listing__code="x-a").values_list("sku__code", flat=True)) == ["B"]


def test_a_section_left_out_stays_as_it_is():
    load(small())
    document = {"supplies": small()["supplies"]}
    document["supplies"][1]["sources"].append({"functional": "SH-GOOD", "ratio": 5})
    assert load(document).counts() == {"supplies.sources": {"add": 1}}
    assert load({}).changes == []


def test_barcodes_and_parents_may_swap():
    load(small())
    load(
        {
            "categories": [{"code": "wine", "parent": "red"}, {"code": "red"}],
            "skus": [{"code": "A", "barcode": "2"}, {"code": "B", "barcode": "1"}],
        }
    )
    assert dict(Sku.objects.exclude(code="KIT").values_list("code", "barcode")) == {"A": "2", "B": "1"}
    assert Category.objects.get(code="wine").parent.code == "red"


def test_names_keep_while_a_shop_only_names_the_channel():
    Channel.objects.create(code="web", name="Own mall")
    load(small())
    assert Channel.objects.get().name == "Own mall"


def test_credentials_and_leases_stay_out_of_it():
    load(small())
    Shop.objects.update(credentials="secret")
    assert "secret" not in dumped()
    document = small()
    document["shops"][0]["name"] = "New"
    load(document)
    assert set(Shop.objects.values_list("credentials", flat=True)) == {"secret"}


def test_a_dump_leaves_stock_out_unless_asked():
    load(small())
    assert "stock" not in dump_network()
    assert load(dump_network()).changes == []


def test_thousands_of_rows_load_in_a_few_statements(django_assert_max_num_queries):
    document = {
        "skus": [{"code": f"S{n}"} for n in range(2000)],
        "warehouses": [{"code": f"W{n}", "functional": [{"code": f"F{n}"}]} for n in range(5)],
        "stock": [{"functional": f"F{n % 5}", "sku": f"S{n // 5}", "on_hand": 1 + n % 7} for n in range(10_000)],
    }
    with django_assert_max_num_queries(60):
        load(document)
    assert StockRow.objects.count() == 10_000
    with django_assert_max_num_queries(30):
        assert load(document).changes == []
