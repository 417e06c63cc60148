"""Shorthand for strategies of the toy kind."""

from strategies.actions import create_strategy, publish_version

SALE = {"fact": "toy_tag", "op": "any", "value": ["sale"]}
CHEAP = {"fact": "toy_price", "op": "lt", "value": "9.99"}
LEFT = {"fact": "toy_side", "op": "in", "value": ["left"]}
ODD = {"fact": "toy_lot", "op": "in", "value": ["odd"]}


def when(*rows, unless=()):
    """Conditions of one group of rows, and an exclusion."""
    groups = {"any": [{"all": list(rows)}]} if rows else {}
    return groups | ({"unless": [{"all": list(unless)}]} if unless else {})


def hours(first, last):
    """A row about the hour."""
    return {"fact": "hour", "op": "between", "value": [str(first), str(last)]}


def draft(code, conditions=None, colour="red", kind="toy", note=""):
    """A new strategy's draft."""
    return create_strategy(
        kind=kind,
        code=code,
        name=code.title(),
        conditions=conditions or {},
        action={"colour": colour},
        note=note,
        actor="ann",
    )


def live(code, conditions=None, colour="red", kind="toy"):
    """A new strategy, published."""
    return publish_version(draft(code, conditions, colour, kind), actor="ann")
