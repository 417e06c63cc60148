"""Provisional holds that may move to other rows, and their moving."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection

from channels.reservations.rules import Basis, Groups, Job, Parcel, Reach, Relocation, SkuState, View
from inventory.ledger.actions import MovedSeat, move_seats
from inventory.ledger.arrays import int_array, key_arrays, unnest
from inventory.ledger.rules import RowKey

MOVER = "re-seating"  # who moves a hold

_PROVISIONAL = """
FROM inventory_hold h JOIN channels_reservation r ON r.id = h.source_id
WHERE h.sku_id = ANY(%s) AND h.closed_at IS NULL AND h.provisional
"""
_UNITS = f"""
SELECT h.sku_id, h.functional_id, r.check_kind, r.shop_id, r.pool_id, sum(h.quantity)::bigint {_PROVISIONAL}
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""
# The latest first: what has been promised longest stays where it is. Of each holder only as many as could be needed:
# a hot SKU has tens of thousands of holds.
_HOLDS = f"""
SELECT sku_id, functional_id, check_kind, shop_id, pool_id, id, quantity
FROM (
    SELECT h.sku_id, h.functional_id, r.check_kind, r.shop_id, r.pool_id, h.id, h.quantity, k.units,
        sum(h.quantity) OVER (
            PARTITION BY h.sku_id, h.functional_id, r.check_kind, r.shop_id, r.pool_id ORDER BY h.id DESC
        ) AS running
    FROM {unnest("bigint", "bigint", "bigint")} AS k(sku_id, functional_id, units)
    JOIN inventory_hold h ON h.sku_id = k.sku_id AND h.functional_id = k.functional_id
    JOIN channels_reservation r ON r.id = h.source_id
    WHERE h.closed_at IS NULL AND h.provisional
) AS held
WHERE running - quantity < units ORDER BY id DESC
"""


class Holder(NamedTuple):
    """Who holds units: a shop's reservations of one check, taken beneath the shop's pools or a pool named for it."""

    check: Basis
    shop_id: int
    pool_id: int | None


Grouping = Callable[[SkuState, Holder], Reach | None]
"""The group to which a holder's units belong; None for those that stay where they are."""


class Reaches:
    """Groups `stock` holds by the rows that they may lie on."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._pool_at = {pk: at for at, pk in enumerate(view.pool_ids)}
        self._shop_at = {pk: at for at, pk in enumerate(view.shop_ids)}

    def __call__(self, state: SkuState, holder: Holder) -> Reach | None:
        """The reach as the desk knows it."""
        return state.feeds.reach(self.pools_of(holder)) if holder.check is Basis.STOCK else None

    def shop_at(self, holder: Holder) -> int:
        """The view's index of the shop, -1 if it isn't there."""
        return self._shop_at.get(holder.shop_id, -1)

    def pools_of(self, holder: Holder) -> Sequence[int]:
        """The pools beneath which the units may lie, as the view's indices."""
        if holder.pool_id is not None:
            return [self._pool_at[holder.pool_id]] if holder.pool_id in self._pool_at else []
        pools = self._view.stands if holder.check is Basis.STOCK else self._view.entitled
        return pools.get(self.shop_at(holder), ())


def add_movable(view: View, states: Mapping[int, SkuState], jobs: Sequence[Job]) -> None:
    """Tell the states of the holds that could move; only where a free unit lies beyond a job's own rows."""
    for state in states.values():
        state.groups = Groups()
    wanted = sorted({sku for job in jobs for sku in job.demand if _may_help(view, job, states[sku])})
    if wanted:
        gather(view, {sku: states[sku] for sku in wanted}, Reaches(view))


def gather(view: View, states: Mapping[int, SkuState], group_of: Grouping) -> None:
    """Give the states of these SKUs their provisional holds, by group and row."""
    for state in states.values():
        state.groups = Groups()
    with connection.cursor() as cursor:
        cursor.execute(_UNITS, [list(states)])
        for sku, functional, holder, (units,) in _read(cursor.fetchall()):
            group, row = group_of(states[sku], holder), view.functional_at[functional]
            if group is not None and row in states[sku].lies:
                states[sku].groups.add(group, row, Parcel(units, row))


def relocate(view: View, states: Mapping[int, SkuState], relocations: Sequence[Relocation], group_of: Grouping) -> int:
    """Move holds as it was decided; their rows are locked. How many holds moved, at least in part."""
    if not relocations:
        return 0
    ids = view.functional_ids
    holds: dict[tuple[int, int, Reach | None], list[list[int]]] = {}
    leaving: dict[RowKey, int] = {}
    for relocation in relocations:
        key = relocation.sku_id, ids[relocation.home]
        leaving[key] = leaving.get(key, 0) + relocation.units
    with connection.cursor() as cursor:
        cursor.execute(_HOLDS, [*key_arrays(leaving), int_array(leaving.values())])
        for sku, functional, holder, hold in _read(cursor.fetchall()):
            found = sku, view.functional_at[functional], group_of(states[sku], holder)
            holds.setdefault(found, []).append(hold)
    moves: list[MovedSeat] = []
    change: dict[RowKey, int] = {}
    for relocation in relocations:
        moves += _pick(holds[relocation.sku_id, relocation.home, relocation.reach], relocation, ids[relocation.row])
        for row, units in ((relocation.home, -relocation.units), (relocation.row, relocation.units)):
            place: RowKey = relocation.sku_id, ids[row]
            change[place] = change.get(place, 0) + units
    move_seats(moves, {row: units for row, units in change.items() if units}, actor=MOVER)
    return len({move.hold_id for move in moves})


def _read(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, int, Holder, list[int]]]:
    for sku, functional, check, shop, pool, *rest in rows:
        yield sku, functional, Holder(Basis(check), shop, pool), rest


def _may_help(view: View, job: Job, state: SkuState) -> bool:
    if job.check is not Basis.STOCK:
        return False
    reach = set(state.feeds.reach(job.pools_of(view)))
    return any(free > 0 and row not in reach for row, free in enumerate(state.free))


def _pick(holds: list[list[int]], relocation: Relocation, functional: int) -> list[MovedSeat]:
    """Take the units from the holds of one group on one row; what is taken is gone for the next relocation."""
    moves, missing, safety = [], relocation.units, relocation.safety_used
    for hold in holds:
        going = min(missing, hold[1])
        if not going:
            continue
        dipped = min(going, safety)
        moves.append(MovedSeat(hold[0], functional, going, dipped))
        hold[1] -= going
        missing -= going
        safety -= dipped
    return moves
