"""A load marks what it touches, and no more."""

import pytest

from channels.cascade.actions import recompute, recompute_dirty
from channels.cascade.selectors import verify_numbers
from channels.network.actions import load_network
from channels.sync.models import ListingTarget
from inventory.ledger.models import DirtySku
from tests.channels.network_documents import small
from tests.factories import GoodsStatusFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def statuses(db):
    """A test that flushes loses the rows a migration made."""
    for code in ("good", "defective", "inspection", "staging"):
        GoodsStatusFactory(code=code)


def load(document):
    return load_network(document, actor="test")


def settle():
    while recompute_dirty():
        pass
    assert verify_numbers() == []


def dirty():
    return set(DirtySku.objects.values_list("sku__code", flat=True))


@pytest.mark.parametrize(
    ("change", "marked"),
    [
        (lambda d: d["skus"][0].update(name="Renamed"), set()),
        (lambda d: d["warehouses"][1].update(name="Renamed"), set()),
        (lambda d: d["pools"][0].update(name="Renamed", business_line="b2b"), set()),
        (lambda d: d["warehouses"][1].update(active=False), {"B"}),
        (lambda d: d["warehouses"][1]["functional"][0].update(safety_stock=9), {"B"}),
        (lambda d: d["supplies"][0]["sources"][0].update(ratio=1), {"A"}),
        (lambda d: d["supplies"][0]["sources"].pop(1), {"B"}),
        (lambda d: d["supplies"][1].update(active=False), {"B"}),
        (lambda d: d["supplies"][0]["sources"][0]["overrides"].pop(0), {"A"}),
        (lambda d: d["supplies"][0]["sources"][0]["overrides"].pop(1), {"B"}),
        (lambda d: d["pools"][1].update(supplies=[]), {"B"}),
        (lambda d: d["pools"][1].update(mode="priority"), {"B"}),
        (lambda d: d["pools"][1]["shares"].pop(), {"B"}),
        (lambda d: d["dedicated"].pop(), {"A"}),
        (lambda d: d["categories"][1].update(parent=None), {"A"}),
        (lambda d: d["skus"][0].update(category=None), {"A"}),
        (lambda d: d["skus"][2]["components"].pop(), {"KIT"}),
        (lambda d: d["shops"][0]["listings"][0].update(sync={"buffer": 1}), {"A"}),
        (lambda d: d["shops"][1].update(sync={"buffer": 1}), {"KIT"}),
        (lambda d: d["sync"].update(buffer=1), {"A", "B", "KIT"}),
    ],
)
def test_a_change_marks_what_it_touches(change, marked):
    load(small())
    settle()
    document = small()
    change(document)
    load(document)
    assert dirty() == marked
    settle()
    # A full recomputation finds nothing that the marks missed.
    assert (recompute().numbers, recompute().targets) == (0, 0)
    assert ListingTarget.objects.exists()


def test_a_listing_of_nothing_gets_its_target():
    document = small()
    document["shops"][0]["listings"].append({"code": "empty"})
    load(document)
    assert ListingTarget.objects.get(listing__code="empty").quantity == 0
