"""Sales, each held against the verdict of the oracle."""

from collections import Counter
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from channels.models import Shortage
from channels.reservations.actions import reserve
from channels.reservations.rules import Basis, LineRequest, ReservationRequest
from inventory.ledger.actions import Movement, post_movements
from tests.channels.reservations import machine_checks as checks

EXPIRIES = [None, 60, 600, 3600]
steps = Counter()


@dataclass
class Known:
    """A reservation as it must be."""

    request: ReservationRequest
    answer: bytes
    reserved: dict  # {(line, SKU): units}
    state: str = "held"


class SellingMachine(RuleBasedStateMachine):
    """Requests of all kinds; where the world comes from is for others to say."""

    def __init__(self):
        super().__init__()
        self.known = {}  # by id
        self.keys = {}  # id by (caller, key)
        self.refused = {}  # request by (caller, key)
        self.shortages = {}  # state by (caller, key)
        self.serial = 0
        self.world = None

    @rule(data=st.data())
    def sell(self, data):
        self.reserve([self.draw_request(data)])

    @rule(data=st.data())
    def sell_one_by_one(self, data):
        for _ in range(4):
            self.reserve([self.draw_request(data)])

    @rule(data=st.data(), size=st.integers(2, 8))
    def sell_many(self, data, size):
        self.reserve([self.draw_request(data) for _ in range(size)])

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def sell_again(self, data):
        """The same keys with the same or another content, and new ones between."""
        known = [one.request for one in self.known.values()]
        again = data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))
        sku = again[0].lines[0].sku
        batch = [
            again[0]._replace(lines=(*again[0].lines, LineRequest(sku, 1))),
            *again,
            self.draw_request(data),
            again[-1]._replace(partial=not again[-1].partial),
        ]
        self.reserve(data.draw(st.permutations(batch)))

    @rule(data=st.data())
    def sell_twice(self, data):
        one = self.draw_request(data)
        self.reserve([one, self.draw_request(data), one])

    @precondition(lambda self: self.refused)
    @rule(data=st.data())
    def try_again(self, data):
        """What was refused is judged anew under its key, whatever it asks for now."""
        one = self.refused[data.draw(st.sampled_from(sorted(self.refused)))]
        fewer = one._replace(lines=tuple(line._replace(quantity=1) for line in one.lines))
        self.reserve([data.draw(st.sampled_from([one, one, fewer]))])

    @rule(data=st.data())
    def squeeze(self, data):
        """Where units fit only if others move aside, ask for as many as that makes possible, or for one more."""
        judge = self.world.judge()
        tight = [
            (shop, sku, direct, most)
            for shop in sorted(self.world.shops)
            for sku in self.world.plain
            if (most := judge.seatable(shop, sku, "")) > (direct := judge.directly(shop, sku))
        ]
        if tight:
            shop, sku, direct, most = data.draw(st.sampled_from(tight))
            units = data.draw(st.sampled_from([direct + 1, most, most + 1]))
            self.reserve([self.request(data, shop, [LineRequest(sku, units)], Basis.STOCK)])

    def draw_request(self, data):
        basis = data.draw(st.sampled_from([Basis.STOCK, Basis.STOCK, Basis.ENTITLEMENT]))
        pool = data.draw(st.sampled_from([*[""] * 8, *self.world.pools])) if basis == Basis.STOCK else ""
        shop, there = self.find_shop(data, basis, pool)
        if not any(there.values()) and data.draw(st.integers(0, 3)):
            # A world that is sold out has no more to teach.
            self.deliver(data)
            shop, there = self.find_shop(data, basis, pool)
        some = [sku for sku, units in there.items() if units] or sorted(there)
        lines = []
        for sku in data.draw(st.lists(st.sampled_from(some), min_size=1, max_size=3)):
            units = there[sku]
            wanted = data.draw(st.sampled_from([1, 2, 1, 2, (units + 1) // 2, units, units + 1]))
            lines.append(LineRequest(sku, max(1, wanted)))
        return self.request(data, shop, lines, basis, pool)

    def find_shop(self, data, basis, pool):
        """Rather a shop that has anything left, but not always; {SKU: units left}."""
        judge = self.world.judge()
        for shop in data.draw(st.permutations(sorted(self.world.shops))):
            if basis == Basis.STOCK:
                there = {sku: judge.sellable(shop, sku, pool) for sku in sorted(self.world.skus)}
            else:
                there = {sku: judge.entitled(shop, sku) for sku in sorted(self.world.skus)}
            if any(there.values()) or data.draw(st.integers(0, 3)) == 3:
                break
        return shop, there

    @rule(data=st.data())
    def deliver(self, data):
        """A lorry: a little of much."""
        rows = [(functional, sku) for functional in sorted(self.world.functionals) for sku in self.world.plain]
        units = data.draw(st.lists(st.sampled_from([2, 0, 1, 3]), min_size=len(rows), max_size=len(rows)))
        moves = [Movement(*row, "receipt", some) for row, some in zip(rows, units, strict=True) if some]
        if moves:
            post_movements(moves, actor="t")

    def request(self, data, shop, lines, basis, pool=""):
        self.serial += 1
        return ReservationRequest(
            caller=data.draw(st.sampled_from(["one", "two"])),
            key=f"k{self.serial}",
            shop=shop,
            lines=tuple(lines),
            check=basis,
            partial=data.draw(st.sampled_from([False, False, True])),
            expires_in=data.draw(st.sampled_from(EXPIRIES)),
            pool=pool,
            actor="t",
        )

    def reserve(self, requests):
        before, holds, judge = self.world.judge(), self.world.holds(), self.world.judge()
        movable = {pk for pk, one in self.known.items() if one.request.check == Basis.STOCK}
        results = reserve(requests)
        assert len(results) == len(requests)
        accepted, first = [], {}
        for request, result in zip(requests, results, strict=True):
            steps["requests"] += 1
            name = request.caller, request.key
            if name in first and first[name][1].error is not None:
                self.repeats_refusal(request, result, *first[name])
            elif not self.repeated(request, result):
                first[name] = request, result
                judge, verdict = self.settle(judge, request, result)
                if result.error is None:
                    accepted.append((request, result, verdict))
        self.check_booked(accepted, judge)
        after = self.world.holds()
        checks.check_untouched(holds, after, movable, judge.moved)
        now = self.world.judge()
        checks.check_moves(before, now)
        assert now.dedicated == judge.dedicated
        if len(requests) == len(accepted) == 1 and judge.moved:
            _, _, seats, safety = checks.read_answer(results[0], requests[0])
            checks.check_safety(before, now, seats, safety)
        stored = {(row[0], row[1]): row[2] for row in Shortage.objects.values_list("caller", "key", "state")}
        assert stored == self.shortages

    def repeated(self, request, result):
        """Whether the key was used before; the first answer then, or an error."""
        pk = self.keys.get((request.caller, request.key))
        if pk is None:
            return False
        first = self.known[pk]
        if request == first.request:
            assert result.error is None
            assert (result.replayed, result.reservation_id, result.answer) == (True, pk, first.answer)
        else:
            assert type(result.error).__name__ == "Conflict"
            assert not any(fault.extra for fault in result.error.errors)
        return True

    def repeats_refusal(self, request, result, first, refused):
        """Within a batch a key stands for one request, also if that was refused."""
        if request == first:
            assert result.error is refused.error
        else:
            assert type(result.error).__name__ == "Conflict"
            assert not any(fault.extra for fault in result.error.errors)

    def settle(self, judge, request, result):
        """Compare a result with its verdict; the stock after it."""
        verdict, after = judge.judge(request)
        name = request.caller, request.key
        assert not result.replayed
        if verdict.certain:
            steps["accepted" if verdict.accepted else "refused"] += 1
            if not verdict.accepted:
                assert result.error is not None, f"accepted, but {verdict.short}"
                checks.check_refusal(result.error, verdict)
            else:
                assert result.error is None, f"refused: {result.error!r} {getattr(result.error, 'errors', '')}"
        if result.error is not None:
            self.refused[name] = request
            if request.check == Basis.STOCK:
                self.shortages[name] = "open"
            return after if verdict.certain else judge, verdict
        answer, reserved, seats, _ = checks.read_answer(result, request)
        self.refused.pop(name, None)
        if name in self.shortages:
            self.shortages[name] = "reserved"
        self.keys[name] = result.reservation_id
        self.known[result.reservation_id] = Known(request, result.answer, reserved)
        if verdict.certain:
            checks.check_lines(answer, reserved, verdict)
            steps["re-seated"] += len(after.moved - judge.moved)
            return after, verdict
        parts = {}
        for (_, sku), rows in seats.items():
            for row, units in rows.items():
                parts.setdefault(sku, Counter())[row] += units
        return judge.adopt(request, parts), verdict

    def check_booked(self, accepted, judge):
        """The holds are those of the answers, in the stated order, wherever nothing was re-seated."""
        stored, new = {}, {result.reservation_id for _, result, _ in accepted}
        for hold in self.world.holds().values():
            if hold["source_id"] in new and hold["sku"] not in judge.moved:
                rows = stored.setdefault((hold["source_id"], hold["line"], hold["sku"]), {})
                assert hold["functional"] not in rows
                rows[hold["functional"]] = hold["quantity"], hold["safety_used"]
        for request, result, verdict in accepted:
            _, _, seats, safety = checks.read_answer(result, request)
            if verdict.certain:
                checks.check_seats(seats, safety, verdict, judge.moved)
            for (line, sku), rows in seats.items():
                if sku not in judge.moved:
                    under = safety.get((line, sku), {})
                    booked = {row: (units, under.get(row, 0)) for row, units in rows.items()}
                    assert stored[result.reservation_id, line, sku] == booked
