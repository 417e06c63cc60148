"""Rows about the clock: their truth at a moment, and the next moment at which it changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.rules import clock_truths, compile_conditions, next_clock_edge
from strategies.rules.shapes import Conditions, Group, Row
from tests.strategies.grids import FACTS, conditions

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Zones whose clocks change: by an hour, by half an hour, and at midnight itself.
ZONES = {
    "Asia/Shanghai": datetime(2026, 3, 3, tzinfo=UTC),
    "Europe/Berlin": datetime(2026, 3, 27, tzinfo=UTC),
    "America/New_York": datetime(2026, 10, 30, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 4, 3, tzinfo=UTC),
    "America/Santiago": datetime(2026, 9, 4, tzinfo=UTC),
    "Asia/Kathmandu": datetime(2026, 3, 3, tzinfo=UTC),
}


def matcher(*rows, unless=()):
    groups = [
        Group(all=tuple(Row(fact=fact, op=op, value=value) for fact, op, value in part)) for part in (rows, unless)
    ]
    return compile_conditions(Conditions(any=groups[:1], unless=groups[1:] if unless else ()), FACTS)


def at(text, zone=SHANGHAI):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def test_truths_are_those_of_the_clock_alone_in_the_order_of_the_rows():
    asked = matcher(
        ("hour", "lt", "12"),
        ("sku_number", "lt", "5"),
        ("weekday", "in", ["6", "7"]),
        unless=[("date", "eq", "2026-03-04"), ("clock_flag", "eq", True)],
    )
    assert clock_truths(asked, at("2026-03-04T11:59:59")) == (True, False, True)
    assert clock_truths(asked, at("2026-03-04T12:00:00")) == (False, False, True)
    assert clock_truths(asked, at("2026-03-07T00:00:00")) == (True, True, False)
    assert clock_truths(matcher(("sku_number", "lt", "5")), at("2026-03-04T12:00")) == ()


@pytest.mark.parametrize(
    ("row", "edge"),
    [
        (("hour", "ge", "18"), "2026-03-04T18:00"),
        (("hour", "lt", "9"), "2026-03-05T00:00"),
        (("hour", "between", ["9", "11"]), "2026-03-04T12:00"),
        (("hour", "between", ["11", "11"]), "2026-03-04T11:00"),
        (("hour", "ge", "0"), None),
        (("hour", "gt", "23"), None),
        (("weekday", "in", ["3"]), "2026-03-05T00:00"),
        (("weekday", "in", ["2"]), "2026-03-10T00:00"),
        (("weekday", "in", list("1234567")), None),
        (("weekday", "not_empty", None), None),
        (("date", "ge", "2026-03-04"), None),
        (("date", "ge", "2027-11-11"), "2027-11-11T00:00"),
        (("date", "le", "2026-03-04"), "2026-03-05T00:00"),
        (("date", "lt", "2026-03-04"), None),
        (("date", "between", ["2026-03-01", "2026-03-31"]), "2026-04-01T00:00"),
        (("date", "between", ["2026-03-05", "2026-03-31"]), "2026-03-05T00:00"),
        (("date", "ne", "2026-03-06"), "2026-03-06T00:00"),
        (("date", "le", "9999-12-31"), None),
        (("date", "ge", "0001-01-01"), None),
        (("date", "between", ["2026-06-02", "2026-06-01"]), None),
        (("date", "empty", None), None),
        (("clock_date", "eq", "2026-03-05"), None),
    ],
)
def test_the_next_edge_of_a_row(row, edge):
    found = next_clock_edge([matcher(row)], at("2026-03-04T10:20:30.5"))
    assert found == (edge and at(edge))
    assert found is None or found.tzinfo is SHANGHAI


def test_the_first_edge_of_all_rows_counts():
    later = matcher(("date", "ge", "2026-03-06"))
    sooner = matcher(("sku_number", "lt", "5"), unless=[("hour", "ge", "22")])
    assert next_clock_edge([later, sooner], at("2026-03-04T10:20")) == at("2026-03-04T22:00")
    assert next_clock_edge([], at("2026-03-04T10:20")) is None


def test_an_edge_that_is_now_has_passed():
    assert next_clock_edge([matcher(("hour", "ge", "18"))], at("2026-03-04T18:00")) == at("2026-03-05T00:00")


def test_the_hour_that_comes_twice_is_told_apart():
    """02:30 comes twice: between the two the hour 3 is still ahead, and at most an hour and a half away."""
    berlin = ZoneInfo("Europe/Berlin")
    twice = datetime(2026, 10, 25, 2, 30, tzinfo=berlin)
    found = next_clock_edge([matcher(("hour", "ge", "3"))], twice)
    assert found.astimezone(UTC) - twice.astimezone(UTC) == timedelta(hours=1, minutes=30)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(conditions(("date", "hour", "weekday")), max_size=3),
    st.sampled_from(sorted(ZONES)),
    st.integers(0, 4 * 24 * 60),
)
def test_the_next_edge_is_where_walking_the_clock_finds_one(asked, name, minutes):
    matchers = [compile_conditions(each, FACTS) for each in asked]
    zone = ZoneInfo(name)
    now = (ZONES[name] + timedelta(minutes=minutes)).astimezone(zone)

    def truths(moment):
        return [clock_truths(each, moment.astimezone(zone)) for each in matchers]

    start = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    steps = (start + timedelta(minutes=15 * step) for step in range(1, 4 * 24 * 12))
    walked = next((step for step in steps if step > now and truths(step) != truths(now)), None)
    found = next_clock_edge(matchers, now)
    if walked is not None:
        assert found == walked
    else:
        assert found is None or found > start + timedelta(days=11)
