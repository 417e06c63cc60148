"""Re-seating: provisional holds make room for each other along shortest augmenting paths.

For one SKU: the rows are what can be filled, and units whose requests reach the same rows form a group. A unit of
a group may move from a row to any other that the group reaches. A path from a row that the request reaches, over
such moves, to a row with a free unit makes room for one more; shortest paths first, there are at most
rows x groups / 2 of them, however many units move. When no path is left, the seats are a maximum flow and
no seating could serve more.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Reach = tuple[int, ...]


@dataclass(slots=True, eq=False)
class Parcel:
    """Units of a group that lie, or are to lie, on the same row; `owner` is None for holds that are stored already.

    `home` is the row on which stored units lie in the database.
    """

    units: int
    home: int
    owner: object | None = None


class Groups:
    """The units of one SKU that may move, by reach and row."""

    __slots__ = ("_parcels",)

    def __init__(self) -> None:
        self._parcels: dict[Reach, dict[int, list[Parcel]]] = {}

    def add(self, reach: Reach, row: int, parcel: Parcel) -> None:
        """Units on a row."""
        self._parcels.setdefault(reach, {}).setdefault(row, []).append(parcel)

    def copy(self) -> "Groups":
        """A copy whose parcels can be moved without the original noticing."""
        other = Groups()
        for reach, row, parcel in self.parcels():
            other.add(reach, row, Parcel(parcel.units, parcel.home, parcel.owner))
        return other

    def parcels(self) -> Iterable[tuple[Reach, int, Parcel]]:
        """(reach, row, parcel) of all units."""
        for reach, rows in self._parcels.items():
            for row, parcels in rows.items():
                for parcel in parcels:
                    yield reach, row, parcel

    def totals(self) -> dict[tuple[Reach, int], int]:
        """The units by group and row."""
        found: dict[tuple[Reach, int], int] = {}
        for reach, row, parcel in self.parcels():
            found[reach, row] = found.get((reach, row), 0) + parcel.units
        return found

    def relocated(self) -> Iterable[tuple[Reach, int, Parcel]]:
        """(reach, row, parcel) of the stored units that lie on another row than in the database."""
        return [(r, row, parcel) for r, row, parcel in self.parcels() if parcel.owner is None and parcel.home != row]

    def units(self, reach: Reach, row: int) -> int:
        """How many units of a group lie on a row."""
        return sum(parcel.units for parcel in self._parcels[reach].get(row, ()))

    def movable(self, row: int) -> list[Reach]:
        """The groups with units on a row."""
        return [reach for reach, rows in self._parcels.items() if rows.get(row)]

    def move(self, reach: Reach, source: int, target: int, units: int) -> None:
        """Move units of a group; the latest to lie there go first."""
        rows = self._parcels[reach]
        while units:
            parcel = rows[source][-1]
            going = min(units, parcel.units)
            parcel.units -= going
            units -= going
            if not parcel.units:
                rows[source].pop()
            self.add(reach, target, Parcel(going, parcel.home, parcel.owner))


Step = tuple[int, Reach, int]  # from a row, units of a group, to a row
Rank = Callable[[int], tuple[int, ...]]


def make_room(free: list[int], groups: Groups, reach: Reach, wanted: int, rank: Rank) -> dict[int, int]:
    """Seat up to `wanted` units on rows of `reach`, moving others aside; the units by row, fewer when no more fit.

    `free` and `groups` are changed in place; `rank` orders rows that are equally near.
    """
    seated: dict[int, int] = {}
    while wanted:
        path = _shortest_path(free, groups, reach, rank)
        if path is None:
            break
        start, steps = path
        end = steps[-1][2] if steps else start
        units = min([wanted, free[end], *(groups.units(group, source) for source, group, _ in steps)])
        for source, group, target in reversed(steps):
            groups.move(group, source, target, units)
        free[end] -= units
        seated[start] = seated.get(start, 0) + units
        wanted -= units
    return seated


def _shortest_path(free: list[int], groups: Groups, reach: Reach, rank: Rank) -> tuple[int, list[Step]] | None:
    starts = sorted(reach, key=rank)
    came: dict[int, Step | None] = dict.fromkeys(starts)
    used: set[Reach] = set()
    queue = deque(starts)
    while queue:
        row = queue.popleft()
        if free[row] > 0:
            return _trace(came, row)
        for group in groups.movable(row):
            if group in used:  # whoever used it first has led to all it reaches
                continue
            used.add(group)
            for target in sorted(group, key=rank):
                if target not in came:
                    came[target] = (row, group, target)
                    queue.append(target)
    return None


def _trace(came: dict[int, Step | None], row: int) -> tuple[int, list[Step]]:
    steps: list[Step] = []
    while (step := came[row]) is not None:
        steps.append(step)
        row = step[0]
    return row, steps[::-1]
