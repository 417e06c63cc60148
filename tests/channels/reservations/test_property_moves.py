"""Making room by moving others aside, against a plain maximum flow; no database, so very many at once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.reservations.rules import Groups, Parcel
from channels.reservations.rules.flow import make_room
from tests.channels.reservations.flow import max_flow

ROWS = 5
reaches = st.lists(st.sampled_from(range(ROWS)), unique=True, max_size=4).map(sorted).map(tuple)
seated = st.tuples(reaches, st.sampled_from(range(ROWS)), st.integers(1, 3))


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.integers(0, 3), min_size=ROWS, max_size=ROWS), st.lists(seated, max_size=7), reaches, st.integers(1, 9)
)
def test_as_many_units_are_seated_as_the_flow_says(free, parcels, reach, wanted):
    """Units may lie on a row where no more could come: the network has changed. They may leave it or stay."""
    groups = Groups()
    for group, row, units in parcels:
        groups.add(group, row, Parcel(units, row))
    total = [units + sum(lie for _, at, lie in parcels if at == row) for row, units in enumerate(free)]
    demands = [(units, {row: units} | dict.fromkeys(group)) for group, row, units in parcels]
    most = max_flow([*demands, (wanted, dict.fromkeys(reach))], dict(enumerate(total)))
    most -= sum(units for _, _, units in parcels)
    left = list(free)
    found = make_room(left, groups, reach, wanted, lambda row: (row,))
    assert sum(found.values()) == most
    assert found.keys() <= set(reach)
    lying = list(left)
    for row, units in found.items():
        lying[row] += units
    for group, row, parcel in groups.parcels():
        assert row in group or row == parcel.home
        lying[row] += parcel.units
    assert lying == total
