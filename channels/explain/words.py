"""How numbers and ratios are written in sentences."""

from collections.abc import Iterable
from decimal import Decimal

from inventory.supply.rules import FULL

TERMS = 6  # of a sum written out


def percent(points: int) -> str:
    """Basis points as a percentage without needless zeros: 8050 is 80.5."""
    return plain(Decimal(points) / 100)


def product(quantity: int, points: int) -> str:
    """The quantity times the ratio before it is rounded down."""
    return plain(Decimal(quantity * points) / FULL)


def plain(number: Decimal) -> str:
    """A number without needless zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def addition(quantities: Iterable[int]) -> str:
    """`91 + 27`; a long sum is cut short."""
    terms = [str(quantity) for quantity in quantities]
    if len(terms) > TERMS:
        terms = [*terms[: TERMS - 1], "…"]
    return " + ".join(terms)
