"""What `reserve` owes to each request of a batch, worked out one unit of arithmetic after the other.

Nothing of the product is used: entitlements come from the second implementation of the five layers, and whether
the stock can serve a request from a maximum flow over every seat that may still be given away.
"""

import copy
from dataclasses import dataclass, field

from tests.channels.oracle import Oracle
from tests.channels.reservations.flow import max_flow


@dataclass
class Seated:
    """Units of one SKU that a reservation against the stock holds and that may be moved to other rows."""

    shop: str
    pool: str
    sku: str
    units: int
    rows: dict  # {functional: units}; empty where a re-seating in this batch has made it unknown
    owner: int = 0  # the reservation, once it is stored


@dataclass
class LineVerdict:
    sku: str
    wanted: int
    available: int
    taken: int = 0
    parts: dict = field(default_factory=dict)  # {SKU: units}; a bundle has its components
    seats: dict = field(default_factory=dict)  # {(SKU, functional): units} of SKUs that are not re-seated
    safety: dict = field(default_factory=dict)  # {(SKU, functional): units of the safety stock}


@dataclass
class Verdict:
    lines: list
    accepted: bool
    certain: bool = True  # not if a re-seating before it in the batch left the seats it depends on unknown

    @property
    def short(self):
        return [(line.sku, line.wanted, line.available) for line in self.lines if line.available < line.wanted]


@dataclass
class Judge:
    """The stock as a batch finds it; every accepted request changes it."""

    document: dict  # a network document
    on_hand: dict  # {(functional, sku): units}
    fixed: dict  # {(functional, sku): units of holds that can't be moved}
    safety: dict  # {(functional, sku): units or None}
    dedicated: list  # [{"pool", "shop", "sku", "quantity", "consumed"}]
    seated: list  # [Seated]
    moved: set = field(default_factory=set)  # SKUs re-seated since

    def __post_init__(self):
        self.known = {sku["code"]: sku for sku in self.document["skus"]}

    def copy(self):
        after = copy.copy(self)
        after.fixed, after.moved = dict(self.fixed), set(self.moved)
        after.dedicated, after.seated = copy.deepcopy(self.dedicated), list(self.seated)
        return after

    # What there is

    def parts(self, code):
        """{SKU: units of it in one}."""
        return {part["sku"]: part["quantity"] for part in self.known[code].get("components") or []} or {code: 1}

    def allocated(self, functional, sku):
        seats = (one.rows.get(functional, 0) for one in self.seated if one.sku == sku)
        return self.fixed.get((functional, sku), 0) + sum(seats)

    def oracle(self, *skus):
        rows = [
            {
                "functional": functional,
                "sku": sku,
                "on_hand": units,
                "allocated": self.allocated(functional, sku),
                "safety_stock": self.safety.get((functional, sku)),
            }
            for (functional, sku), units in self.on_hand.items()
            if sku in skus
        ]
        plain = [self.known[sku] for sku in skus]
        return Oracle(self.document | {"skus": plain, "stock": rows, "dedicated": self.dedicated})

    def free(self, functional, sku):
        return self.on_hand.get((functional, sku), 0) - self.allocated(functional, sku)

    def entitled(self, shop, sku):
        parts = self.parts(sku)
        oracle = self.oracle(*parts)
        return min(oracle.shop[shop, part] // each for part, each in parts.items())

    def sellable(self, shop, sku, pool=""):
        """Units of a SKU that some seating of all movable units could still serve."""
        return min(self.seatable(shop, part, pool) // each for part, each in self.parts(sku).items())

    def seatable(self, shop, sku, pool):
        oracle = self.oracle(sku)
        rows = {functional for functional, of in self.on_hand if of == sku}
        capacity = {row: self.on_hand[row, sku] - self.fixed.get((row, sku), 0) for row in rows}
        others = [one for one in self.seated if one.sku == sku]
        demands = [(one.units, self.edges(oracle, one)) for one in others]
        anything = sum(capacity.values()), dict.fromkeys(oracle.reach(shop, sku, pool) & rows)
        return max_flow([*demands, anything], capacity) - sum(one.units for one in others)

    def directly(self, shop, sku):
        """Units that are free on the rows of a shop as things lie."""
        return sum(self.free(row, sku) for row in self.oracle(sku).reach(shop, sku))

    def edges(self, oracle, one):
        """Where units may go, and where those may stay that lie where no more could come."""
        reach = oracle.reach(one.shop, one.sku, one.pool)
        return one.rows | {row: None for row in reach if (row, one.sku) in self.on_hand}

    def is_stranded(self, sku):
        oracle = self.oracle(sku)
        return any(one.rows.keys() - oracle.reach(one.shop, sku, one.pool) for one in self.seated if one.sku == sku)

    # Judging

    def judge(self, request):
        """The verdict, and the stock after it as another `Judge`."""
        after, wanted = self.copy(), {}
        for sku, quantity in request.lines:
            wanted[sku] = wanted.get(sku, 0) + quantity
        seller = StockSale(after, request) if request.check == "stock" else EntitledSale(after, request, wanted)
        lines, certain = [], True
        for sku, quantity in wanted.items():
            certain = certain and after.knows(request, sku)
            lines.append(after.take(seller, sku, quantity))
        taken = sum(line.taken for line in lines)
        complete = all(line.taken == line.wanted for line in lines)
        accepted = complete or (request.partial and taken > 0)
        return Verdict(lines, accepted, certain), after if accepted else self

    def knows(self, request, sku):
        """A re-seating makes entitlements uncertain, and also flows if it may have left a row it can't go back to."""
        unknown = self.moved & self.parts(sku).keys()
        return not unknown or (request.check == "stock" and not any(map(self.is_stranded, unknown)))

    def take(self, seller, sku, wanted):
        parts = self.parts(sku)
        available = min(seller.there_is(part) // each for part, each in parts.items())
        line = LineVerdict(sku, wanted, available, min(wanted, available))
        for part, each in parts.items():
            if units := line.taken * each:
                line.parts[part] = units
                seller.seat(line, part, units)
                self.consume(seller.request, part, units)
        return line

    def adopt(self, request, parts):
        """The stock after a request was granted {SKU: {functional: units}}, where that couldn't be foretold."""
        after = self.copy()
        for sku, seats in parts.items():
            after.consume(request, sku, sum(seats.values()))
            if request.check == "stock":
                after.moved.add(sku)
                after.seated.append(Seated(request.shop, request.pool, sku, sum(seats.values()), {}))
            else:
                after.fix(seats, sku)
        return after

    def fix(self, seats, sku):
        for row, units in seats.items():
            self.fixed[row, sku] = self.fixed.get((row, sku), 0) + units

    def consume(self, request, sku, units):
        """Use up what is dedicated to an open shop, pool by pool as coded; of a sale from a named pool, only there."""
        oracle, shop = self.oracle(sku), request.shop
        pools = {pool["code"] for pool in oracle.pools_of(shop)} if shop not in oracle.closed_shops else set()
        if request.pool:
            pools &= {request.pool}
        for one in sorted(self.dedicated, key=lambda one: one["pool"]):
            if (one["shop"], one["sku"]) == (shop, sku) and one["pool"] in pools:
                now = min(units, one["quantity"] - one["consumed"])
                one["consumed"] += now
                units -= now


def seat_in_order(oracle, sku, rooms, units):
    """{row: units}: the row that feeds the fewest pools first, then the most room, then the code."""
    seats = {}
    for row in sorted(rooms, key=lambda row: (oracle.shared_by(row, sku), -rooms[row], row)):
        if now := min(units, rooms[row]):
            seats[row] = now
            units -= now
    assert not units
    return seats


class EntitledSale:
    """The shop's quantities and rooms as the request finds them; its lines share them."""

    def __init__(self, judge, request, skus):
        self.judge, self.request = judge, request
        parts = {part for sku in skus for part in judge.parts(sku)}
        self.oracle = judge.oracle(*parts)
        self.left = {part: self.oracle.shop[request.shop, part] for part in parts}
        self.rooms = {
            part: {row: self.oracle.room(request.shop, row, part) for row, of in judge.on_hand if of == part}
            for part in parts
        }

    def there_is(self, sku):
        return self.left[sku]

    def seat(self, line, sku, units):
        self.left[sku] -= units
        if sku in self.judge.moved:
            return  # where it may lie is unknown
        seats = seat_in_order(self.oracle, sku, self.rooms[sku], units)
        for row, now in seats.items():
            self.rooms[sku][row] -= now
            line.seats[sku, row] = now
        self.judge.fix(seats, sku)


class StockSale:
    """Whatever some seating of all movable units leaves."""

    def __init__(self, judge, request):
        self.judge, self.request = judge, request

    def there_is(self, sku):
        return self.judge.seatable(self.request.shop, sku, self.request.pool)

    def seat(self, line, sku, units):
        judge, request = self.judge, self.request
        oracle = judge.oracle(sku)
        rooms = {
            row: judge.free(row, sku)
            for row in oracle.reach(request.shop, sku, request.pool)
            if (row, sku) in judge.on_hand
        }
        seats = {}
        if sku in judge.moved or sum(rooms.values()) < units:
            judge.moved.add(sku)
        else:
            seats = seat_in_order(oracle, sku, rooms, units)
        for row, now in seats.items():
            line.seats[sku, row] = now
            if beneath := max(0, now - oracle.atp[row, sku]):
                line.safety[sku, row] = beneath
        judge.seated.append(Seated(request.shop, request.pool, sku, units, seats))
