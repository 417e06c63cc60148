"""Cells as files deliver them, before a column makes a value of them."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from django.utils.translation import gettext as _

from core.sheets.faults import BadCell

Cell: TypeAlias = str | int | float | bool | date | datetime | time | timedelta | None
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
LARGEST = 999_999_999  # of any number of units


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing but spaces."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def as_text(cell: Cell) -> str:
    """The cell as a person reads it; 1001.0, which is how XLSX stores numbers, is 1001."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def escaped(text: str) -> str:
    """Text that no spreadsheet program takes for a formula."""
    return "'" + text if text.lstrip("'").startswith(DANGEROUS) else text


def unescaped(text: str) -> str:
    """What `escaped` made its text of."""
    return text[1:] if text[:1] == "'" and text.lstrip("'").startswith(DANGEROUS) else text


def number_in(cell: Cell) -> Decimal:
    """The number in a cell; BadCell if there is none."""
    if isinstance(cell, bool | date | time | timedelta):
        raise BadCell(_("“%(value)s” is not a number.") % {"value": as_text(cell)})
    text = as_text(cell).strip()
    try:
        number = Decimal(text.replace(",", "") if _has_thousands(text) else text)
    except InvalidOperation:
        raise BadCell(_("“%(value)s” is not a number.") % {"value": as_text(cell)}) from None
    if not number.is_finite():
        raise BadCell(_("“%(value)s” is not a number.") % {"value": as_text(cell)})
    return number


def _has_thousands(text: str) -> bool:
    """Whether every comma stands before three digits: 1,200 is a number, 1,2 may be anything."""
    whole, *groups = text.split(".", maxsplit=1)[0].split(",")
    return 1 <= len(whole) <= 3 and all(len(group) == 3 and group.isdigit() for group in groups)


def check_range(number: Decimal, minimum: int, maximum: Decimal | int) -> None:
    """BadCell for a number outside the limits."""
    if number < 0 <= minimum:
        raise BadCell(_("%(value)s is negative.") % {"value": number})
    if number < minimum:
        raise BadCell(_("%(value)s is less than %(limit)s.") % {"value": number, "limit": minimum})
    if number > maximum:
        raise BadCell(_("%(value)s is more than %(limit)s.") % {"value": number, "limit": maximum})


def plain_number(number: Decimal) -> int | float:
    """The number as a file takes it."""
    return int(number) if number == number.to_integral_value() else float(number)
