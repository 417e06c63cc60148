"""Short ways to publish sync strategies."""

from itertools import count

from strategies.actions import create_strategy, publish_version

_numbers = count(1)


def row(fact, op, value=None):
    return {"fact": fact, "op": op, "value": value}


def when(*rows, unless=()):
    """All rows hold, and none of `unless`."""
    return {"any": [{"all": list(rows)}] if rows else [], "unless": [{"all": [each]} for each in unless]}


def publish(action, *rows, unless=(), code=None):
    """A strategy of its own, the last in order, in force."""
    code = code or f"rule-{next(_numbers)}"
    made = create_strategy(
        kind="sync", code=code, name=code.title(), conditions=when(*rows, unless=unless), action=action, actor="t"
    )
    return publish_version(made, actor="t")
