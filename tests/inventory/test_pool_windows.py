"""A pool's dates open and close it, and mark exactly what lies beneath it."""

from datetime import UTC, datetime, timedelta

import pytest

from channels.cascade.selectors import compute_cascade, load_cascade
from inventory.models import DirtySku, Pool
from inventory.supply.actions import apply_pool_windows, mark_link_overrides, mark_supply_links, mark_warehouses
from inventory.supply.selectors import is_open
from tests.channels.small_world import small_world
from tests.factories import CategoryFactory, LinkOverrideFactory

NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def world(db):
    return small_world()


def marked():
    found = set(DirtySku.objects.values_list("sku_id", flat=True))
    DirtySku.objects.all().delete()
    return found


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        (None, None, True),
        (NOON, None, True),
        (NOON + HOUR, None, False),
        (None, NOON, False),
        (None, NOON + HOUR, True),
        (NOON - HOUR, NOON + HOUR, True),
    ],
)
def test_a_pool_is_open_from_its_start_up_to_its_end(starts, ends, expected):
    assert is_open(True, starts, ends, NOON) is expected
    assert is_open(False, starts, ends, NOON) is False


def test_the_sweep_marks_once_when_a_pool_opens_and_once_when_it_closes(world):
    sku, _elsewhere = world.sku(7), small_world().sku(7)
    Pool.objects.filter(pk=world.pool.pk).update(starts_at=NOON, ends_at=NOON + HOUR)
    marked()
    for moment, count in ((NOON - HOUR, 1), (NOON - HOUR, 0), (NOON, 1), (NOON, 0), (NOON + HOUR, 1), (NOON + HOUR, 0)):
        assert apply_pool_windows(moment) == count
        assert marked() == ({sku.pk} if count else set())


def test_the_clock_decides_whatever_the_sweep_has_seen(world):
    sku = world.sku(7)
    Pool.objects.update(starts_at=NOON, window_open=True)
    for moment, expected in ((NOON - HOUR, 0), (NOON, 7)):
        assert compute_cascade(load_cascade([sku.pk], now=moment)).shop.tolist() == [[expected]]


def test_configuration_marks_just_what_it_touches(world):
    parent = CategoryFactory()
    child = CategoryFactory(parent=parent)
    plain, nested = world.sku(1), world.sku(1, category=child)
    elsewhere = small_world()
    other = elsewhere.sku(1, category=child)
    world.sku(0, category=child)
    link = world.supply.links.get()
    marked()
    mark_supply_links([link.pk])
    assert marked() == {plain.pk, nested.pk}
    by_category = LinkOverrideFactory(link=link, category=parent, ratio=10)
    mark_link_overrides([by_category.pk])
    assert marked() == {nested.pk}
    by_sku = LinkOverrideFactory(link=link, sku=plain, ratio=10)
    mark_link_overrides([by_sku.pk, by_category.pk])
    assert marked() == {plain.pk, nested.pk}
    mark_warehouses([elsewhere.functional.warehouse_id])
    assert marked() == {other.pk}
