"""A value that doesn't fit is refused with its path and a sentence, and nothing changes."""

import pytest

from channels.network.actions import load_network
from channels.network.reading import read_file
from core.errors import InvalidInput
from inventory.ledger.actions import Movement, post_movements
from inventory.models import LedgerEntry, Sku
from tests.channels.network_documents import small
from tests.factories import GoodsStatusFactory


@pytest.fixture(autouse=True)
def statuses(db):
    for code in ("good", "defective", "inspection", "staging"):
        GoodsStatusFactory(code=code)


def faults(document):
    with pytest.raises(InvalidInput) as caught:
        load_network(document, actor="test")
    return [f"{fault.path}: {fault.message}" for fault in caught.value.errors]


def set_(*path):
    """A change of one place of the document."""
    *parents, last, value = path

    def change(document):
        owner = document
        for step in parents:
            owner = owner[step]
        owner[last] = value

    return change


SHAPES = [
    (set_("pools", 1, "shares", 0, "ratio", 120), "pools[1].shares[0].ratio: 120 is not between 0 and 100"),
    (set_("pools", 1, "shares", 0, "ratio", -0.5), "pools[1].shares[0].ratio: -0.5 is not between 0 and 100"),
    (set_("pools", 1, "shares", 0, "ratio", 33.333), "pools[1].shares[0].ratio: 33.333 has more than two decimals"),
    (set_("pools", 1, "shares", 0, "ratio", "many"), 'pools[1].shares[0].ratio: "many" is not a number'),
    (set_("pools", 1, "shares", 0, "ratio", True), "pools[1].shares[0].ratio: true is not a number"),
    (set_("pools", 1, "shares", 0, "cap", 1.5), "pools[1].shares[0].cap: 1.5 is not a whole number"),
    (set_("pools", 1, "shares", 0, "cap", 2**31), "pools[1].shares[0].cap: 2147483648 is above 2147483647"),
    (
        set_("pools", 0, "mode", "fair"),
        "pools[0].mode: \"fair\" is not one of 'shared', 'proportional', 'priority', 'depth' or 'demand'",
    ),
    (
        set_("pools", 0, "starts_at", "soon"),
        'pools[0].starts_at: "soon" is not a date and time such as 2026-11-11T00:00:00+08:00',
    ),
    (set_("pools", 0, "colour", "red"), "pools[0].colour: there is no such field"),
    (set_("stok", []), "stok: there is no such field"),
    (set_("version", 2), "version: 2 is not one of 1"),
    (set_("skus", None), "skus: null is not a list"),
    (set_("skus", 0, "A"), 'skus[0]: "A" is not an object'),
    (set_("skus", 0, {"name": "no code"}), "skus[0].code: this field is missing"),
    (set_("skus", 0, "code", ""), "skus[0].code: this field is empty"),
    (set_("skus", 0, "code", 5), "skus[0].code: 5 is not text"),
    (set_("skus", 0, "code", "A "), 'skus[0].code: "A " begins or ends with a blank'),
    (set_("skus", 0, "code", "A\0B"), 'skus[0].code: "A\\u0000B" holds a control character'),
    (set_("skus", 0, "price", "-1"), 'skus[0].price: "-1" is below 0'),
    (set_("skus", 0, "price", "1.234"), 'skus[0].price: "1.234" has more than two decimals'),
    (set_("skus", 0, "price", "1e15"), 'skus[0].price: "1e15" is too large'),
    (set_("skus", 2, "components", 0, "quantity", 0), "skus[2].components[0].quantity: 0 is below 1"),
    (set_("warehouses", 0, "active", "yes"), 'warehouses[0].active: "yes" is neither true nor false'),
    (set_("warehouses", 0, "cutoff", "25:00"), 'warehouses[0].cutoff: "25:00" is not a time such as 16:00'),
    (set_("warehouses", 0, "latitude", 91), "warehouses[0].latitude: 91 is above 90.0"),
    (set_("sync", "multiple", 0), "sync.multiple: 0 is below 1"),
    (set_("shops", 0, "listings", 0, "sync", {"fix": 3}), "shops[0].listings[0].sync.fix: there is no such field"),
    (set_("stock", 0, "on_hand", -1), "stock[0].on_hand: -1 is below 0"),
]
RULES = [
    (
        set_("supplies", 0, "sources", 1, "functional", "GZ"),
        "supplies[0].sources[1].functional: there is no functional warehouse GZ",
    ),
    (
        set_("supplies", 0, "sources", 0, "overrides", 1, "sku", "Z"),
        "supplies[0].sources[0].overrides[1].sku: there is no SKU Z",
    ),
    (
        set_("supplies", 0, "sources", 0, "overrides", 0, "category", "Z"),
        "supplies[0].sources[0].overrides[0].category: there is no category Z",
    ),
    (set_("pools", 0, "supplies", 1, "Z"), "pools[0].supplies[1]: there is no supply warehouse Z"),
    (set_("pools", 0, "shares", 1, "shop", "Z"), "pools[0].shares[1].shop: there is no shop Z"),
    (
        set_("pools", 0, "shares", 1, "home_supply", "Z"),
        "pools[0].shares[1].home_supply: there is no supply warehouse Z",
    ),
    (set_("dedicated", 0, "pool", "Z"), "dedicated[0].pool: there is no dispatch pool Z"),
    (
        set_("shops", 0, "listings", 0, "components", 0, "sku", "Z"),
        "shops[0].listings[0].components[0].sku: there is no SKU Z",
    ),
    (set_("skus", 0, "brand", "Z"), "skus[0].brand: there is no brand Z"),
    (set_("skus", 0, "category", "Z"), "skus[0].category: there is no category Z"),
    (set_("skus", 2, "components", 0, "sku", "Z"), "skus[2].components[0].sku: there is no SKU Z"),
    (set_("categories", 0, "parent", "Z"), "categories[0].parent: there is no category Z"),
    (set_("warehouses", 0, "region", "Z"), "warehouses[0].region: there is no region Z"),
    (
        set_("warehouses", 0, "functional", 0, "status", "Z"),
        "warehouses[0].functional[0].status: there is no goods status Z",
    ),
    (set_("stock", 0, "functional", "Z"), "stock[0].functional: there is no functional warehouse Z"),
    (set_("skus", 1, "code", "A"), "skus[1].code: A stands here and at skus[0]"),
    (
        set_("warehouses", 1, "functional", 0, "code", "SH-BAD"),
        "warehouses[1].functional[0].code: SH-BAD stands here and at warehouses[0].functional[1]",
    ),
    (set_("pools", 0, "supplies", 1, "S1"), "pools[0].supplies[1]: S1 stands here and at pools[0].supplies[0]"),
    (set_("pools", 0, "shares", 1, "shop", "X"), "pools[0].shares[1].shop: X stands here and at pools[0].shares[0]"),
    (
        set_("supplies", 0, "sources", 1, "functional", "SH-GOOD"),
        "supplies[0].sources[1].functional: SH-GOOD stands here and at supplies[0].sources[0]",
    ),
    (set_("stock", 1, {"functional": "SH-GOOD", "sku": "A"}), "stock[1].sku: A stands here and at stock[0]"),
    (set_("skus", 1, "barcode", "1"), "skus[1].barcode: 1 is the barcode of A already"),
    (set_("categories", 0, "parent", "red"), "categories[0].parent: wine > red > wine is a circle"),
    (set_("categories", 0, "parent", "wine"), "categories[0].parent: wine > wine is a circle"),
    (
        set_("skus", 1, "components", [{"sku": "A"}]),
        "skus[2].components[1].sku: B is a bundle itself; a bundle is made of plain SKUs only",
    ),
    (
        set_("skus", 2, "components", 0, "sku", "KIT"),
        "skus[2].components[0].sku: KIT is a bundle itself; a bundle is made of plain SKUs only",
    ),
    (
        set_("supplies", 0, "sources", 0, "overrides", 0, {"ratio": 5}),
        "supplies[0].sources[0].overrides[0]: an override names either a SKU or a category",
    ),
    (
        set_("supplies", 0, "sources", 0, "overrides", 0, {"sku": "A", "category": "wine"}),
        "supplies[0].sources[0].overrides[0]: an override names either a SKU or a category",
    ),
    (
        set_("pools", 0, {"code": "P1", "starts_at": "2026-02-01", "ends_at": "2026-01-01"}),
        "pools[0].ends_at: the pool must start before it ends",
    ),
    (set_("dedicated", 0, "consumed", 6), "dedicated[0].consumed: 6 is above the quantity of 5"),
    (set_("stock", 0, "allocated", 41), "stock[0].allocated: 41 is above the 40 on hand"),
    (set_("stock", 0, "sku", "KIT"), "stock[0].sku: KIT is a bundle and holds no stock; its components do"),
    (set_("shops", 0, "platform", "ebuy"), "shops[0].platform: there is no platform ebuy"),
]


@pytest.mark.parametrize(("change", "sentence"), SHAPES + RULES, ids=[case[1][:70] for case in SHAPES + RULES])
def test_a_fault_is_named(change, sentence):
    document = small()
    change(document)
    found = faults(document)
    assert any(fault.startswith(sentence) for fault in found), found
    assert not Sku.objects.exists()


def test_all_faults_are_named_at_once():
    document = small()
    for change, _sentence in (RULES[0], RULES[4], RULES[-4]):
        change(document)
    assert len(faults(document)) == 3


def test_a_section_that_is_present_is_all_there_is():
    load_network(small(), actor="test")
    found = faults({"warehouses": [], "supplies": small()["supplies"]})
    assert "supplies[0].sources[0].functional: there is no functional warehouse SH-GOOD" in found


def test_stock_is_refused_where_it_has_moved():
    load_network(small(), actor="test")
    post_movements([Movement("SH-GOOD", "A", "receipt", 1)], actor="test")
    document = small()
    document["supplies"][0]["active"] = False
    assert faults(document) == [
        "stock: stock has moved here already, and 1 row differs from it; leave this section out"
    ]
    assert LedgerEntry.objects.count() == 3


def test_a_sku_with_stock_cannot_become_a_bundle():
    load_network(small(), actor="test")
    found = faults({"skus": [{"code": "C"}, {"code": "A", "components": [{"sku": "C"}]}]})
    assert "skus[1].components: A has stock of its own and can't become a bundle" in found
    assert "skus[1].components: A is a component of the bundle KIT and can't be a bundle itself" in found


def test_a_barcode_of_a_sku_that_is_left_alone_is_taken():
    load_network(small(), actor="test")
    assert faults({"skus": [{"code": "C", "barcode": "1"}]}) == ["skus[0].barcode: 1 is the barcode of A already"]


@pytest.mark.parametrize("data", [None, [], "text", 5])
def test_a_document_is_an_object(data):
    assert faults(data)[0].startswith("document: ")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("n.json", "{", "neither proper JSON nor YAML"),
        ("n.json", '{"skus": [], "skus": []}', "the key skus stands twice"),
        ("n.json", '{"sync": {"ratio": NaN}}', "NaN is not a number"),
        ("n.yaml", "skus: []\nskus: []\n", "the key skus stands twice"),
        ("n.yaml", "skus: [", "neither proper JSON nor YAML"),
        ("n.yaml", "skus: !!python/object/apply:os.system [ls]", "neither proper JSON nor YAML"),
        ("n.yaml", "? [1]\n: 2\n", "neither proper JSON nor YAML"),
    ],
)
def test_text_that_is_no_document_is_refused(name, text, reason, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidInput, match=reason):
        read_file(tmp_path / name)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidInput, match="can't be read"):
        read_file(tmp_path / "nothing.json")


def test_yaml_scalars_mean_what_they_mean_in_json(tmp_path):
    path = tmp_path / "network"
    path.write_text("a: 16:00\nb: NO\nc: 2026-01-01\nd: 1.5\ne: true\nf: ~\ng: 007\nh: -3\n")
    assert read_file(path) == {
        "a": "16:00",
        "b": "NO",
        "c": "2026-01-01",
        "d": 1.5,
        "e": True,
        "f": None,
        "g": "007",
        "h": -3,
    }
