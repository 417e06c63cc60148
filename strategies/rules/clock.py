"""What the clock says of conditions, and when it will say something else."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from .columns import Indexed
from .comparisons import Comparison
from .facts import CLOCK_FACTS, clock_columns, day_number, day_of
from .matching import Matcher
from .shapes import EMPTY
from .values import HIGHEST

_QUARTER = timedelta(minutes=15)  # in every time zone hours begin on one
_A_DAY_AND_MORE = 4 * 26  # quarters of the longest day that a time zone has
_WEEK = 7


def clock_truths(matcher: Matcher, at: datetime) -> tuple[bool, ...]:
    """The truth of each row about the date, the weekday or the hour at a moment, in the order of the rows."""
    return tuple(_is_true(row, at) for row in matcher.comparisons if row.key in CLOCK_FACTS)


def next_clock_edge(matchers: Iterable[Matcher], at: datetime) -> datetime | None:
    """The first moment after `at`, in its zone, at which a row about the clock changes its truth; None for never."""
    rows = {row for matcher in matchers for row in matcher.comparisons if row.key in CLOCK_FACTS}
    edges = [edge for row in rows if (edge := _next_edge(row, at)) is not None]
    return min(edges).astimezone(at.tzinfo) if edges else None


def _is_true(row: Comparison, at: datetime) -> bool:
    return bool(row.bind(Indexed(clock_columns(at)[row.key]))(0, 1).all())


def _next_edge(row: Comparison, at: datetime) -> datetime | None:
    """In UTC: moments of one zone with daylight saving don't compare by what comes first."""
    now = _is_true(row, at)
    moments = {"date": _days, "weekday": _midnights, "hour": _hours}[row.key](row, at)
    return next((moment for moment in moments if _is_true(row, moment.astimezone(at.tzinfo)) != now), None)


def _days(row: Comparison, at: datetime) -> Iterator[datetime]:
    """The days on which the row's dates begin, and those after they end."""
    lowest, highest = row.interval
    numbers = [lowest, highest + 1 if highest < HIGHEST else EMPTY]
    for number in sorted(numbers):
        if day_number(at.date()) < number <= day_number(date.max):
            yield _midnight(day_of(number), at)


def _midnights(_row: Comparison, at: datetime) -> Iterator[datetime]:
    for days in range(1, _WEEK + 1):
        yield _midnight(at.date() + timedelta(days=days), at)


def _midnight(day: date, at: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=at.tzinfo).astimezone(UTC)


def _hours(_row: Comparison, at: datetime) -> Iterator[datetime]:
    moment = at.astimezone(UTC)
    moment -= timedelta(minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond)
    for _ in range(_A_DAY_AND_MORE):
        moment += _QUARTER
        yield moment
