"""What the rules need to know of a fact, which operators each type has, and the facts that the clock tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Protocol

import numpy as np

from .shapes import Axis, Column, FactType, Op

_CHOICE_OPS = (Op.IN, Op.NOT_IN, Op.EMPTY, Op.NOT_EMPTY)
_ORDER_OPS = (Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE, Op.BETWEEN, Op.EMPTY, Op.NOT_EMPTY)

OPERATORS: Mapping[FactType, tuple[Op, ...]] = MappingProxyType(
    {
        FactType.CHOICE: _CHOICE_OPS,
        FactType.TREE: (Op.WITHIN, Op.NOT_WITHIN, *_CHOICE_OPS),
        FactType.MANY: (Op.ANY, Op.ALL, Op.ONLY, Op.NOT_IN, Op.EMPTY, Op.NOT_EMPTY),
        FactType.NUMBER: _ORDER_OPS,
        FactType.TEXT: (Op.MATCHES, Op.NOT_MATCHES, *_CHOICE_OPS),
        FactType.FLAG: (Op.EQ,),
        FactType.DATE: _ORDER_OPS,
    }
)


class FactLike(Protocol):
    """What compiling and checking need of a fact; a registered one has it all."""

    @property
    def key(self) -> str:
        """Its name in conditions and columns."""

    @property
    def type(self) -> FactType:
        """What its values are."""

    @property
    def axis(self) -> Axis:
        """What it belongs to."""

    @property
    def places(self) -> int:
        """Decimals of a NUMBER."""


@dataclass(frozen=True, slots=True)
class FactSpec:
    """A fact without its labels and choices."""

    key: str
    type: FactType
    axis: Axis
    places: int = 0


CLOCK_FACTS: Mapping[str, FactSpec] = MappingProxyType(
    {
        "date": FactSpec("date", FactType.DATE, Axis.CLOCK),
        "weekday": FactSpec("weekday", FactType.CHOICE, Axis.CLOCK),
        "hour": FactSpec("hour", FactType.NUMBER, Axis.CLOCK),
    }
)
"""Computed from the moment of the grid: its columns never hold these."""

WEEKDAYS = ("1", "2", "3", "4", "5", "6", "7")  # Monday is 1
_EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """The date of a day number; ValueError or OverflowError outside the years 1 to 9999."""
    return date.fromordinal(number + _EPOCH)


def clock_columns(at: datetime) -> dict[str, Column]:
    """The columns of CLOCK_FACTS at a moment, read in its own zone."""
    return {
        "date": Column(np.array([day_number(at.date())])),
        "weekday": Column(np.array([at.weekday()]), codes=WEEKDAYS),
        "hour": Column(np.array([at.hour])),
    }
