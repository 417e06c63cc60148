"""Provisional holds that a `stock` request may move aside, and their moving."""

from collections.abc import Mapping, Sequence

from django.db import connection

from channels.reservations.rules import Basis, Job, Parcel, Reach, Relocation, SkuState, View
from inventory.ledger.actions import MovedSeat, move_seats
from inventory.ledger.rules import RowKey

MOVER = "re-seating"  # who moves a hold

_MOVABLE = """
FROM inventory_hold h JOIN channels_reservation r ON r.id = h.source_id
WHERE h.sku_id = ANY(%s) AND h.closed_at IS NULL AND h.provisional AND r.check_kind = 'stock'
"""
_UNITS = (
    f"SELECT h.sku_id, h.functional_id, r.shop_id, r.pool_id, sum(h.quantity)::bigint {_MOVABLE} GROUP BY 1, 2, 3, 4"
)
# The latest first: what has been promised longest stays where it is.
_HOLDS = f"""
SELECT h.id, h.sku_id, h.functional_id, h.quantity, r.shop_id, r.pool_id {_MOVABLE}
AND h.functional_id = ANY(%s) ORDER BY h.id DESC
"""


class Reaches:
    """The rows that a reservation may lie on, by its shop and the pool a person named."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._pool_at = {pk: at for at, pk in enumerate(view.pool_ids)}
        self._shop_at = {pk: at for at, pk in enumerate(view.shop_ids)}

    def find(self, state: SkuState, shop_id: int, pool_id: int | None) -> Reach:
        """The reach as the desk knows it."""
        if pool_id is not None:
            return state.feeds.reach([self._pool_at[pool_id]] if pool_id in self._pool_at else [])
        return state.feeds.reach(self._view.stands.get(self._shop_at.get(shop_id, -1), ()))


def add_movable(view: View, states: Mapping[int, SkuState], jobs: Sequence[Job]) -> None:
    """Tell the states of the holds that could move; only where a free unit lies beyond a job's own rows."""
    wanted = sorted({sku for job in jobs for sku in job.demand if _may_help(view, job, states[sku])})
    if not wanted:
        return
    reaches, at = Reaches(view), view.functional_at
    with connection.cursor() as cursor:
        cursor.execute(_UNITS, [wanted])
        for sku, functional, shop, pool, units in cursor.fetchall():
            row = at[functional]
            states[sku].groups.add(reaches.find(states[sku], shop, pool), row, Parcel(units, row))


def relocate(view: View, states: Mapping[int, SkuState], relocations: Sequence[Relocation]) -> None:
    """Move holds as the desk has decided; their rows are locked."""
    if not relocations:
        return
    reaches, ids = Reaches(view), view.functional_ids
    holds: dict[tuple[int, int, Reach], list[list[int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_HOLDS, [[r.sku_id for r in relocations], [ids[r.home] for r in relocations]])
        for hold, sku, functional, units, shop, pool in cursor.fetchall():
            key = sku, view.functional_at[functional], reaches.find(states[sku], shop, pool)
            holds.setdefault(key, []).append([hold, units])
    moves: list[MovedSeat] = []
    change: dict[RowKey, int] = {}
    for relocation in relocations:
        moves += _pick(holds[relocation.sku_id, relocation.home, relocation.reach], relocation, ids[relocation.row])
        for row, units in ((relocation.home, -relocation.units), (relocation.row, relocation.units)):
            place: RowKey = relocation.sku_id, ids[row]
            change[place] = change.get(place, 0) + units
    move_seats(moves, {row: units for row, units in change.items() if units}, actor=MOVER)


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
