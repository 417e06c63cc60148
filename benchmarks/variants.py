"""What a row measures: a race against a reference, or a figure against a limit."""

from collections.abc import Callable
from dataclasses import dataclass


def nothing() -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Race:
    """Reference and product do the same work in turns; the ratio of their median rates must reach `bar`.

    `work` is how many `unit`s one call does, so the figures are units per second. `prepare` runs untimed
    before every timed call and puts the data back, so that each call meets the same state.
    A bar on time ("at most 4 times as long") is 1/4 here.
    """

    name: str
    unit: str
    work: float
    bar: float
    reference: Callable[[], object]
    product: Callable[[], object]
    prepare: Callable[[], object] = nothing


@dataclass(frozen=True)
class Limit:
    """A figure that must stay at or below `limit`, for work that has no reference; the ratio is limit / figure.

    `measure` returns the figure in `unit` (for example seconds).
    """

    name: str
    unit: str
    limit: float
    measure: Callable[[], float]


Variant = Race | Limit


@dataclass(frozen=True)
class Outcome:
    """One line of the table and of `var/bench.json`."""

    row: str
    variant: str
    unit: str
    reference: float | None
    product: float
    ratio: float
    bar: float

    @property
    def holds(self) -> bool:
        """Whether the bar is reached."""
        return self.ratio >= self.bar
