"""Sales by day from reservations and files, and the figures that follow, with the marks of what rules ask about."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from channels.figures import tasks
from channels.figures.actions import refresh_figures, refresh_sales
from channels.figures.selectors import load_velocity
from channels.models import Reservation, ShopSales, SkuFigures
from channels.reservations.actions import confirm_reservations, release_reservations
from channels.reservations.rules import Basis
from inventory.models import LedgerEntry, Pool
from tests.channels.figures.policy import marked, publish
from tests.channels.reservations.asking import STOCK, take
from tests.factories import BundleComponentFactory, ShopFactory, SkuFactory
from tests.sheet_files import csv_file, faults, load, xlsx

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)  # 02:30 on the 23rd in Shanghai
TODAY = date(2026, 11, 23)


def sell(world, sku, units, *, at=NOW, check=STOCK, confirm=True):
    """A reservation made at a moment."""
    reservation = take(world.shop, (sku, units), check=check)
    if confirm:
        confirm_reservations([reservation])
    Reservation.objects.filter(pk=reservation).update(created_at=at)
    return reservation


def sales(**fields):
    rows = ShopSales.objects.filter(**fields).order_by("day", "sku__code")
    return [(row.sku.code, row.day, row.units) for row in rows.select_related("sku")]


def import_sales(sku, shop, *days):
    for day, units in days:
        ShopSales.objects.create(sku=sku, shop=shop, day=day, units=units, imported=True)


def figures(sku):
    row = SkuFigures.objects.get(sku=sku)
    return row.sold_7, row.sold_30, row.stocked_on, row.abc


def test_sold_is_what_is_confirmed_and_what_a_marketplace_has_sold(world):
    sku = world.sku(100)
    sell(world, sku, 1)
    sell(world, sku, 2, confirm=False)  # a marketplace's, held
    sell(world, sku, 4, check=Basis.ENTITLEMENT)
    sell(world, sku, 8, check=Basis.ENTITLEMENT, confirm=False)  # a cart
    release_reservations([sell(world, sku, 16)], actor="t")
    refresh_sales(now=NOW)
    assert sales() == [(sku.code, TODAY, 7)]


def test_a_day_is_one_of_the_business(world):
    sku = world.sku(100)
    sell(world, sku, 1, at=datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC))
    sell(world, sku, 2, at=datetime(2026, 11, 22, 16, 0, tzinfo=UTC))
    refresh_sales(now=NOW)
    assert sales() == [(sku.code, TODAY - timedelta(days=1), 1), (sku.code, TODAY, 2)]


def test_of_a_bundle_its_components_are_sold(world):
    sku = world.sku(10)
    bundle = BundleComponentFactory(component=sku, quantity=3).bundle
    sell(world, bundle, 2)
    refresh_sales(now=NOW)
    assert sales() == [(sku.code, TODAY, 6)]


def test_what_is_given_back_later_is_not_sold_any_more(world):
    sku = world.sku(10)
    first, second = sell(world, sku, 1), sell(world, sku, 2)
    refresh_sales(now=NOW)
    release_reservations([first], actor="t")
    assert refresh_sales(now=NOW) == 1
    assert sales() == [(sku.code, TODAY, 2)]
    release_reservations([second], actor="t")
    refresh_sales(now=NOW)
    assert sales() == []
    assert refresh_sales(now=NOW) == 0


def test_days_before_those_asked_for_and_imported_days_stay(world):
    sku = world.sku(10)
    sell(world, sku, 1)
    sell(world, sku, 2, at=NOW - timedelta(days=5))
    refresh_sales(now=NOW)
    import_sales(world.sku(0), world.shop, (TODAY, 9))
    Reservation.objects.update(state="held", check_kind="entitlement")
    refresh_sales(5, now=NOW)
    assert [units for _code, _day, units in sales()] == [2, 9]
    assert sales(imported=True) == [(sales()[-1][0], TODAY, 9)]


def test_a_file_changes_days_for_good(world):
    sku = world.sku(10)
    sell(world, sku, 1)
    refresh_sales(now=NOW)
    rows = (
        ["Shop", "SKU", "Day", "Units"],
        [world.shop.code, sku.code, TODAY, 5],
        [world.shop.code, sku.code, "2026/1/31", 7],
    )
    plan = load("sales-history", xlsx(*rows[:1], [world.shop.code, sku.code, "2026-11-23", 5], rows[2]))
    assert (plan.new, plan.changed) == (1, 1)
    refresh_sales(now=NOW)
    assert sales(imported=True) == [(sku.code, date(2026, 1, 31), 7), (sku.code, TODAY, 5)]
    again = load("sales-history", csv_file("店铺,SKU编码,日期,销量", f"{world.shop.code},{sku.code},2026-11-23,5"))
    assert again.unchanged == 1


def test_a_file_is_told_what_is_wrong_with_its_days(world):
    sku = world.sku()
    lines = [
        f"{world.shop.code},{sku.code},{day},{units}"
        for day, units in (("23.11.2026", 1), ("2999-01-01", 1), ("2026-11-23", -1))
    ]
    found = faults("sales-history", csv_file("Shop,SKU,Day,Units", *lines))
    assert [(row, column) for row, column, _sentence in found] == [(2, "Day"), (3, "Day"), (4, "Units")]
    assert "is not a day" in found[0][2]
    assert "still to come" in found[1][2]


def test_figures_count_the_last_days_with_today(world):
    sku = world.sku(0)
    import_sales(sku, world.shop, (TODAY, 1), (TODAY - timedelta(6), 2), (TODAY - timedelta(7), 4))
    days = (TODAY - timedelta(29), 8), (TODAY - timedelta(30), 16), (TODAY + timedelta(1), 32)
    import_sales(sku, ShopFactory(), *days)
    refresh_figures(now=NOW)
    assert figures(sku) == (3, 15, None, "A")
    assert sorted(load_velocity()[2].tolist()) == [7, 8]
    refresh_figures(now=NOW + timedelta(days=24))
    assert figures(sku) == (0, 32 + 1, None, "A")
    refresh_figures(now=NOW + timedelta(days=60))
    assert figures(sku) == (0, 0, None, "C")
    assert load_velocity()[2].tolist() == []


def test_classes_are_of_all_skus_together(world):
    skus = [SkuFactory(price=price) for price in (100, 10, 10, None)]
    for sku in skus:
        import_sales(sku, world.shop, (TODAY, 7))
    refresh_figures(now=NOW)
    assert [figures(sku)[3] for sku in skus] == ["A", "B", "B", "C"]
    import_sales(skus[0], world.shop, (TODAY - timedelta(1), 10**6))
    refresh_figures([skus[0].pk], now=NOW)
    assert [figures(sku)[3] for sku in skus] == ["A", "C", "C", "C"]


def date_entries(sku, *days):
    """Give the ledger entries of a SKU these days; the trigger that keeps them as they are looks away."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for entry, day in zip(LedgerEntry.objects.filter(sku=sku).order_by("id"), days, strict=True):
            LedgerEntry.objects.filter(pk=entry.pk).update(created_at=datetime.combine(day, NOW.time(), UTC))
        cursor.execute("SET session_replication_role = origin")


def test_stock_is_as_old_as_what_came_in_last(world):
    sku = world.sku(10)
    world.receive(sku, 4)
    world.issue(sku, 8)
    date_entries(sku, date(2026, 10, 1), date(2026, 11, 1), date(2026, 11, 2))  # 02:30 the next day in Shanghai
    refresh_figures(now=NOW)
    # 2 of the 2nd of October, 4 of the 2nd of November: 31 days apart, two thirds of the way.
    assert figures(sku)[2] == date(2026, 10, 23)


def test_only_those_asked_for_are_refreshed(world):
    first, second = world.sku(1), world.sku(1)
    for sku in (first, second):
        import_sales(sku, world.shop, (TODAY, 1))
    assert refresh_figures([first.pk], now=NOW) == 1
    assert not SkuFigures.objects.filter(sku=second).exists()
    assert load_velocity()[1].tolist() == [first.pk]
    assert refresh_figures([first.pk], now=NOW) == 0
    assert refresh_figures(now=NOW) == 1


@pytest.mark.parametrize("fact", ["velocity_30", "days_of_cover", "sell_through", "velocity_7", "abc"])
def test_what_changes_is_marked_when_a_rule_asks(world, fact):
    sold, other = world.sku(5), world.sku(5)
    import_sales(other, world.shop, (TODAY, 1))
    refresh_figures(now=NOW)
    marked()
    import_sales(sold, world.shop, (TODAY, 1))
    if fact == "abc":
        import_sales(sold, world.shop, (TODAY - timedelta(1), 10**6))
        publish((fact, "in", ["A"]))
        expected = {sold.code, other.code}
    else:
        publish((fact, "gt", "0"))
        expected = {sold.code}
    marked()
    refresh_figures(now=NOW)
    assert marked() == expected
    refresh_figures(now=NOW)
    assert marked() == set()


def test_nothing_is_marked_that_nobody_asks_about(world):
    sku = world.sku(5)
    marked()
    publish(("price", "gt", "0"), ("velocity_7", "lt", "0"))
    marked()
    import_sales(sku, world.shop, (TODAY - timedelta(10), 1))  # not within the 7 days
    refresh_figures(now=NOW)
    assert marked() == set()


def test_dividing_by_demand_asks_for_sales(world):
    sku = world.sku(5)
    import_sales(sku, world.shop, (TODAY, 1))
    marked()
    Pool.objects.update(mode="demand")
    refresh_figures(now=NOW)
    assert marked() == {sku.code}


def test_the_tasks_do_it_all(world):
    sku = world.sku(5)
    reservation = take(world.shop, (sku, 2), check=STOCK)
    tasks.refresh_recent()
    assert SkuFigures.objects.get(sku=sku).sold_7 == 2
    old = timezone.now() - timedelta(days=20)
    Reservation.objects.filter(pk=reservation).update(created_at=old)
    ShopSales.objects.all().delete()
    tasks.refresh_recent()
    assert SkuFigures.objects.get(sku=sku).sold_30 == 0
    tasks.refresh_all()
    assert SkuFigures.objects.get(sku=sku).sold_30 == 2
