"""What the clients were told, and what in it contradicts itself."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.channels.reservations.fire_world import components


class Answer(NamedTuple):
    status: int
    body: bytes
    replayed: bool

    @property
    def content(self):
        return json.loads(self.body)


@dataclass
class Sale:
    """One reservation as it was asked for and, once acknowledged, as it was answered."""

    key: str
    wanted: dict
    request: dict
    attempts: int = 0
    answer: bytes = b""  # of a single request
    content: dict = field(default_factory=dict)  # {} as long as nothing was sold
    released: bool = False

    @property
    def accepted(self):
        """Units by the SKU that is booked."""
        units = Counter()
        for line in self.content["lines"]:
            units.update(components(line["sku"], line["reserved"]))
        return +units


@dataclass
class Batch:
    """Several sales that were asked for in one request."""

    sales: list
    body: bytes
    attempts: int


@dataclass
class Report:
    """What a scenario's clients saw, together."""

    sales: list = field(default_factory=list)
    batches: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    seconds: list = field(default_factory=list)  # each answered request took
    counts: Counter = field(default_factory=Counter)
    missed: int = 0  # hot units that were refused
    received: int = 0  # hot units that came in meanwhile

    @property
    def accepted(self):
        return [sale for sale in self.sales if sale.content]


def odd_answer(sale):
    """What is wrong with an answer that says something was sold."""
    content = sale.content
    lines = {line["sku"]: line for line in content["lines"]}
    if list(lines) != list(sale.wanted) or content["state"] != "held":
        yield f"{sale.key}: asked for {sale.wanted}, got {content}"
        return
    for sku, wanted in sale.wanted.items():
        line = lines[sku]
        if line["requested"] != wanted or not (line["reserved"] == wanted or sale.request["partial"]):
            yield f"{sale.key}: wanted {wanted} of {sku}, got {content}"
        held = Counter()
        for each in line["holds"]:
            held[each.get("sku", sku)] += each["quantity"]
        if held != +Counter(components(sku, line["reserved"])):
            yield f"{sale.key}: {line['reserved']} of {sku} aren't what is held: {content}"
    if not sum(line["reserved"] for line in lines.values()):
        yield f"{sale.key}: nothing was sold: {content}"


def is_short(sale, sku, wanted, available):
    """Whether the error speaks of what was asked for, or of a part of it."""
    asked = Counter(sale.wanted)
    for each, quantity in sale.wanted.items():
        for part, units in components(each, quantity).items():
            asked[part] += units if part != each else 0
    return sku in asked and isinstance(available, int) and 0 <= available < (wanted or 0) <= asked[sku]
