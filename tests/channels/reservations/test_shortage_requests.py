"""A shortage is about what its caller asked last, and says who settled it."""

import pytest

from channels.models import Shortage
from channels.reservations.actions import reserve
from channels.reservations.actions.shortages import backorder_shortages, cancel_shortages, retry_backorders
from tests.channels.reservations.asking import STOCK, Rows, ask, receive
from tests.channels.reservations.shortage_world import reservation_of, short_world
from tests.factories import SkuFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return short_world()


@pytest.mark.parametrize("wait", [False, True])
def test_asking_again_for_less_reserves_that(world, wait):
    shortage = world.shortage("1", ("COAT", 9))
    if wait:
        backorder_shortages([shortage.pk], actor="ann")
    assert world.sell("1", ("COAT", 5), expires_in=60).error is not None
    shortage.refresh_from_db()
    assert shortage.request["lines"] == [{"sku": "COAT", "quantity": 5}]
    backorder_shortages([shortage.pk], actor="ann")
    world.receive(world.home, "COAT", 2)
    assert retry_backorders() == 1
    again = world.sell("1", ("COAT", 5), expires_in=60)
    assert (again.error, again.replayed) == (None, True)


def test_shop_and_reference_are_those_asked_last():
    rows = Rows("one")
    first, second = rows.shop("one"), rows.shop("one")
    sku = SkuFactory()
    receive("one", sku, 1)
    for shop, reference in ((first, "old"), (second, "new")):
        (result,) = reserve([ask(shop, (sku, 2), key="1", check=STOCK, reference=reference)])
        assert result.error is not None
    shortage = Shortage.objects.get()
    assert (shortage.shop, shortage.reference, shortage.attempts) == (second, "new", 2)


def test_what_was_cancelled_stays_what_it_was(world):
    shortage = world.shortage("1", ("COAT", 9))
    cancel_shortages([shortage.pk], note="x", actor="ann")
    world.sell("1", ("COAT", 5))
    shortage.refresh_from_db()
    assert (shortage.state, shortage.request["lines"][0]["quantity"]) == ("cancelled", 9)


def test_it_says_who_settled_it(world):
    shortage = world.shortage("1", ("COAT", 5))
    backorder_shortages([shortage.pk], actor="ann")
    world.receive(world.home, "COAT", 2)
    assert world.sell("1", ("COAT", 5), actor="shop").error is None
    shortage.refresh_from_db()
    assert (shortage.state, shortage.decided_by, shortage.reservation) == ("reserved", "shop", reservation_of("1"))
