"""The demo company's reservations and shortages, made once however often they are made."""

import random

import pytest

from channels.demo_company import catalogue, history, network, sales
from channels.models import Reservation, Shortage
from channels.network.actions import load_network
from inventory.ledger.actions import Movement, post_movements
from inventory.models import Hold
from tests.inventory.stock_checks import assert_invariants

pytestmark = pytest.mark.django_db


def test_the_demo_sells_once():
    load_network(network.document(), actor="test")
    stock = history.opening(catalogue.items(random.Random(2026)), random.Random(1))
    post_movements([Movement(*key, "opening", units, reference="O") for key, units in stock.items()], actor="test")
    sales.sell(stock, random.Random(5), actor="test")
    held = Hold.objects.filter(closed_at=None).count()
    assert Reservation.objects.count() == len(sales.CARTS) + len(sales.SOLD)
    assert Reservation.objects.filter(expires_at=None).count() == len(sales.SOLD)
    states = list(Shortage.objects.order_by("key").values_list("state", flat=True))
    assert states == ["open", "backorder", "transfer"]

    sales.sell(stock, random.Random(5), actor="test")
    assert Hold.objects.filter(closed_at=None).count() == held
    assert list(Shortage.objects.order_by("key").values_list("state", flat=True)) == states
    assert_invariants()
