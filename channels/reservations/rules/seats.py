"""The order in which rows are taken, and dedicated units used up."""

from collections.abc import Container, Sequence

from channels.reservations.rules.states import Dedication


def take_seats(rooms: list[int], shared_by: Sequence[int], units: int) -> list[tuple[int, int]]:
    """(row, units) for as many of the units as there is room for; `rooms` [F] shrinks by them.

    The row that the fewest pools share comes first, then the one with the most room, then the first by code.
    """
    first = _first(rooms, shared_by)
    if rooms and rooms[first] >= units > 0:  # as it nearly always is
        rooms[first] -= units
        return [(first, units)]
    taken: list[tuple[int, int]] = []
    rows = [row for row, room in enumerate(rooms) if room > 0]
    if len(rows) > 1:
        rows.sort(key=lambda row: (shared_by[row], -rooms[row], row))
    for row in rows:
        if not units:
            break
        seated = min(units, rooms[row])
        rooms[row] -= seated
        units -= seated
        taken.append((row, seated))
    return taken


def _first(rooms: Sequence[int], shared_by: Sequence[int]) -> int:
    """The row to be taken first; any when none has room."""
    first = least = most = 0
    for row, room in enumerate(rooms):
        if room > 0 and (not most or shared_by[row] < least or (shared_by[row] == least and room > most)):
            first, least, most = row, shared_by[row], room
    return first


def consume_dedicated(
    dedicated: Sequence[Dedication], shop: int, pools: Container[int], units: int
) -> list[tuple[int, int]]:
    """Use up a shop's dedicated units in these pools, in the order of the pools' codes; (id, units) used."""
    consumed = []
    for dedication in dedicated:
        if units and dedication.shop == shop and dedication.pool in pools and dedication.outstanding:
            used = min(units, dedication.outstanding)
            dedication.outstanding -= used
            units -= used
            consumed.append((dedication.id, used))
    return consumed
