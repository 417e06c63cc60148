"""What must be true after every step, and what an answer of `reserve` must say."""

import json
from collections import Counter

from django.db.models import Sum

from channels.models import Reservation
from inventory.models import LedgerEntry, StockRow, WaitingSku
from tests.channels.reservations.oracle_requests import Judge, Verdict

OPEN = ("held", "confirmed")


def check_stock(holds):
    """Every row's on hand is the sum of its entries, its allocated that of its open holds; the rows' numbers."""
    rows = list(StockRow.objects.values_list("sku_id", "functional_id", "on_hand", "allocated"))
    assert all(0 <= allocated <= on_hand for _, _, on_hand, allocated in rows)
    entries = LedgerEntry.objects.order_by().values_list("sku_id", "functional_id").annotate(Sum("quantity"))
    sums = {(sku, functional): units for sku, functional, units in entries if units}
    assert sums == {(sku, functional): on_hand for sku, functional, on_hand, _ in rows if on_hand}
    held = StockRow.objects.filter(allocated__gt=0).values_list("sku__code", "functional__code", "allocated")
    units = Counter()
    for hold in holds.values():
        units[hold["sku"], hold["functional"]] += hold["quantity"]
    assert {(sku, functional): allocated for sku, functional, allocated in held} == units
    return {(sku, functional): levels for sku, functional, *levels in rows}


def check_marks(before, after, marks):
    """A SKU is marked anew with every change of its stock; the numbers and marks before and after."""
    changed = {sku for (sku, row), levels in after.items() if before.get((sku, row), [0, 0]) != levels}
    later = dict(WaitingSku.objects.values_list("sku_id", "generation"))
    assert all(later.get(sku, 0) > marks.get(sku, 0) for sku in changed)
    return later


def check_reservations(known, holds):
    """Each stands where it was left, and holds what its answer promised or nothing."""
    stored = dict(Reservation.objects.values_list("id", "state"))
    assert stored == {pk: one.state for pk, one in known.items()}
    units = Counter()
    for hold in holds.values():
        if hold["kind"] != "manual":
            state = known[hold["source_id"]].state
            assert hold["kind"] == {"held": "reservation", "confirmed": "order"}.get(state)
            assert hold["provisional"]
            units[hold["source_id"], hold["line"], hold["sku"]] += hold["quantity"]
    promised = {
        (pk, line, sku): quantity
        for pk, one in known.items()
        if one.state in OPEN
        for (line, sku), quantity in one.reserved.items()
    }
    assert units == promised


def check_dedicated(world, known, uses):
    """What is consumed is what open reservations use; what a closed one used was given back."""
    units, used = world.dedicated(), Counter()
    for reservation, dedicated, quantity, returned in uses:
        assert returned == (known[reservation].state not in OPEN)
        if not returned:
            used[dedicated] += quantity
    for pk, one in units.items():
        assert used[pk] == one["consumed"] <= one["quantity"]


def read_answer(result, request):
    """The answer, and by (line, SKU) the units reserved, by row the units seated, by row those of the safety stock."""
    answer = json.loads(result.answer)
    assert answer["id"] == result.reservation_id
    assert (answer["shop"], answer["state"], answer["check"]) == (request.shop, "held", request.check)
    assert (answer["expires_at"] is None) == (request.expires_in is None)
    assert answer["reference"] == request.reference
    seats, safety = {}, {}
    for at, line in enumerate(answer["lines"]):
        for hold in line["holds"]:
            assert hold["quantity"] > 0
            key = at, hold.get("sku", line["sku"])
            seats.setdefault(key, Counter())[hold["functional"]] += hold["quantity"]
            if "safety_stock" in hold:
                safety.setdefault(key, Counter())[hold["functional"]] += hold["safety_stock"]
    reserved = {key: sum(rows.values()) for key, rows in seats.items()}
    return answer, reserved, seats, safety


def check_refusal(error, verdict: Verdict):
    """A 409 that names each short SKU with what was wanted and what there is."""
    assert type(error).__name__ == "Conflict", repr(error)
    said = [(fault.extra["sku"], fault.extra["wanted"], fault.extra["available"]) for fault in error.errors]
    assert said == verdict.short


def check_lines(answer, reserved, verdict: Verdict):
    said = [(line["sku"], line["requested"], line["reserved"]) for line in answer["lines"]]
    assert said == [(line.sku, line.wanted, line.taken) for line in verdict.lines]
    assert reserved == {(at, sku): units for at, line in enumerate(verdict.lines) for sku, units in line.parts.items()}


def check_seats(seats, safety, verdict: Verdict, moved):
    """Exactly the rows of the stated order, wherever nothing had to be re-seated."""
    for at, line in enumerate(verdict.lines):
        for sku in line.parts.keys() - moved:
            rows = {row: units for (of, row), units in line.seats.items() if of == sku}
            assert seats[at, sku] == rows, (line.sku, sku)
            under = {row: units for (of, row), units in line.safety.items() if of == sku}
            assert safety.get((at, sku), {}) == under, (line.sku, sku)


def check_untouched(before, after, movable, moved):
    """Open holds stay as they are, but for those of provisional stock sales of SKUs that were re-seated."""
    for pk, hold in before.items():
        if not (hold["source_id"] in movable and hold["provisional"] and hold["sku"] in moved):
            assert after.get(pk) == hold


def check_moves(before: Judge, after: Judge):
    """Units that were moved went only to rows where their shop may take them."""
    later = {(one.owner, one.sku): one for one in after.seated}
    for was in before.seated:
        now = later[was.owner, was.sku]
        assert was.units == now.units
        reach = after.oracle(now.sku).reach(now.shop, now.sku, now.pool)
        for row, units in now.rows.items():
            assert row in reach or units <= was.rows.get(row, 0)


def check_safety(before: Judge, after: Judge, seats, safety):
    """After a request of its own that was served by re-seating: what it says it took of the safety stock, it took.

    Rows to which others were moved are left out: who of them lies in the safety stock is a matter of order.
    """
    for (at, sku), rows in seats.items():
        oracle = after.oracle(sku)
        for row, units in rows.items():
            came = sum(
                max(0, now.rows.get(row, 0) - was.rows.get(row, 0))
                for was in before.seated
                for now in after.seated
                if (was.owner, was.sku) == (now.owner, now.sku) == (now.owner, sku)
            )
            lines = sum((of, row in there) == (sku, True) for (_, of), there in seats.items())
            if not came and lines == 1:
                beneath = oracle.safety_of(row, sku) - after.free(row, sku)
                assert safety.get((at, sku), {}).get(row, 0) == min(units, max(0, beneath)), (sku, row)


def check_tidied(before: Judge, after: Judge, holds, later):
    """The background pass moved units to rows that fewer pools share, and only into the room they have there."""
    crowd = {}
    for one in holds.values():
        if one["sku"] not in crowd:
            oracle = before.oracle(one["sku"])
            crowd[one["sku"]] = {f["code"]: oracle.shared_by(f["code"], one["sku"]) for _, f in oracle.functionals}

    def crowding(found):
        return sum(one["quantity"] * crowd[one["sku"]][one["functional"]] for one in found.values())

    changed = _by_holder(holds) != _by_holder(later)
    assert crowding(later) < crowding(holds) if changed else crowding(later) == crowding(holds)
    for (_, sku, row), gained in (_by_holder(later) - _by_holder(holds)).items():
        if after.free(row, sku) < before.free(row, sku):
            assert gained <= max(0, before.free(row, sku) - before.oracle(sku).safety_of(row, sku))


def _by_holder(holds):
    units = Counter()
    for one in holds.values():
        units[one["source_id"], one["sku"], one["functional"]] += one["quantity"]
    return units
