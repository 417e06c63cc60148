"""What is odd about rules in an order: those that decide nothing, and those whose order matters."""

from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .facts import CLOCK_FACTS, day_of
from .shapes import Bools, Conditions, Group, Op, Row
from .values import HIGHEST, read_interval

Bits: TypeAlias = NDArray[np.uint64]

_DATE = "date"


class Oddity(StrEnum):
    """What can be odd."""

    CONTRADICTORY = "contradictory"  # it can never match, whatever the facts
    NEVER = "never"  # it matches no cell now
    SHADOWED = "shadowed"  # earlier rules decide every cell it matches
    OVERLAPPING = "overlapping"  # it and an earlier one match the same cell, and would do something else
    ENDING = "ending"  # it will never match again in a few days


class Odd(NamedTuple):
    """A rule by its number, the earlier one that has to do with it, and a cell that shows it (place, SKU)."""

    oddity: Oddity
    rule: int
    other: int | None = None
    cell: tuple[int, int] | None = None
    alone: bool = True  # a shadow that one earlier rule throws by itself


def pack_cells(truth: Bools, shape: tuple[int, int]) -> Bits:
    """Cells [P, N], or what can be broadcast to them, as bits of whole words."""
    packed = np.packbits(np.broadcast_to(truth, shape))
    words = np.zeros(-(-packed.size // 8), np.uint64)
    words.view(np.uint8)[: packed.size] = packed
    return words


def find_odd(matches: Sequence[Bits], width: int, is_same: Callable[[int, int], bool]) -> list[Odd]:
    """What is odd about rules that match these cells, `width` SKUs to a place, in their order.

    `is_same` tells of two rules whether they do the same. An earlier rule that matches only a part of what a later one
    matches is an exception to it, as is usual, and no overlap.
    """
    found: list[Odd] = []
    wins: list[Bits] = []
    taken = np.zeros_like(matches[0]) if matches else np.empty(0, np.uint64)
    for number, bits in enumerate(matches):
        wins.append(bits & ~taken)
        taken = taken | bits
        if not bits.any():
            found.append(Odd(Oddity.NEVER, number))
        elif not wins[number].any():
            found.append(_find_shadow(matches, wins, number, width))
        else:
            found += [
                Odd(Oddity.OVERLAPPING, number, other, _first_cell(wins[other] & bits, width))
                for other in range(number)
                if (wins[other] & bits).any() and (matches[other] & ~bits).any() and not is_same(other, number)
            ]
    return found


def last_day(conditions: Conditions) -> date | None:
    """The last day on which the conditions can hold by what they say of the date; None when there is no last one."""
    ends = [_group_end(group) for group in conditions.any] or [HIGHEST]
    end = min([max(ends), *(_excluded_from(group) - 1 for group in conditions.unless)])
    try:
        return day_of(end)
    except (ValueError, OverflowError):
        return None


def _find_shadow(matches: Sequence[Bits], wins: Sequence[Bits], number: int, width: int) -> Odd:
    bits = matches[number]
    alone = [other for other in range(number) if not (bits & ~matches[other]).any()]
    other = alone[0] if alone else next(other for other in range(number) if (wins[other] & bits).any())
    cell = _first_cell(matches[other] & bits, width)
    return Odd(Oddity.SHADOWED, number, other, cell, alone=bool(alone))


def _first_cell(bits: Bits, width: int) -> tuple[int, int]:
    packed = bits.view(np.uint8)
    at = int(np.flatnonzero(packed)[0])
    place, column = divmod(at * 8 + 8 - int(packed[at]).bit_length(), width)
    return place, column


def _group_end(group: Group) -> int:
    return min((_interval(row)[1] for row in group.all if row.fact == _DATE), default=HIGHEST)


def _excluded_from(group: Group) -> int:
    """The day from which on an exclusion always holds."""
    if len(group.all) == 1 and group.all[0].fact == _DATE and group.all[0].op in {Op.GE, Op.GT}:
        return _interval(group.all[0])[0]
    return HIGHEST


def _interval(row: Row) -> tuple[int, int]:
    if row.op in {Op.NE, Op.EMPTY, Op.NOT_EMPTY}:
        return 0, HIGHEST
    return read_interval(CLOCK_FACTS[_DATE], row.op, row.value) or (0, HIGHEST)
