"""What the reservations are judged by is itself held against definitions."""

from itertools import chain, combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.channels.oracle import Oracle
from tests.channels.reservations.flow import max_flow
from tests.channels.reservations.machine_networks import networks

DEMANDS = st.lists(
    st.tuples(st.integers(0, 5), st.dictionaries(st.sampled_from("abcd"), st.none() | st.integers(0, 4))), max_size=5
)


@settings(deadline=None)
@given(DEMANDS, st.dictionaries(st.sampled_from("abcd"), st.integers(0, 6)))
def test_the_flow_is_what_the_narrowest_cut_lets_through(demands, capacity):
    """By the other side of the theorem: every way to part the demands and rows in two."""
    rows = sorted(capacity)
    cuts = []
    for kept in chain.from_iterable(combinations(rows, size) for size in range(len(rows) + 1)):
        through = sum(capacity[row] for row in kept)
        for wanted, seats in demands:
            beyond = (
                wanted if most is None else most for row, most in seats.items() if row in capacity and row not in kept
            )
            through += min(wanted, sum(beyond))
        cuts.append(through)
    assert max_flow(demands, capacity) == min(cuts)


@settings(deadline=None, max_examples=200)
@given(networks())
def test_whatever_a_shop_may_sell_has_room_on_rows_it_reaches(document):
    oracle = Oracle(document)
    plain = [sku["code"] for sku in document["skus"] if not sku.get("components")]
    for shop in (row["code"] for row in document["shops"]):
        for sku in plain:
            rooms = {row: oracle.room(shop, row, sku) for _, row in ((w, f["code"]) for w, f in oracle.functionals)}
            assert oracle.shop[shop, sku] <= sum(rooms.values())
            assert {row for row, room in rooms.items() if room} <= oracle.reach(shop, sku)
            assert all(oracle.shared_by(row, sku) for row, room in rooms.items() if room)
