"""Short ways to use the pages of the strategy centre."""

import json

from django.urls import reverse

from strategies.actions import create_strategy

KIND = "sync"


def row(fact, op, value=None):
    return {"fact": fact, "op": op, "value": value}


def when(*rows, unless=()):
    """One group of rows, and one exclusion."""
    return {"any": [{"all": list(rows)}] if rows else [], "unless": [{"all": list(unless)}] if unless else []}


def sent(conditions, *, name="Coats", note="", newest="", **boxes):
    """What the script posts: the boxes of the page, and the rows as JSON."""
    return {"name": name, "note": note, "newest": newest, "conditions": json.dumps(conditions), **boxes}


def make(name="Coats", *, conditions=None, action=None, note=""):
    """A strategy of the kind with its first draft."""
    code = name.lower()
    version = create_strategy(
        kind=KIND, code=code, name=name, conditions=conditions or {}, action=action or {}, note=note, actor="anna"
    )
    return version.strategy, version


def url(name, *args):
    return reverse(f"admin:{name}", args=args)
