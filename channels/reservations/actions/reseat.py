"""The background pass that keeps provisional holds off rows that many pools need."""

from collections.abc import Collection, Sequence
from functools import partial

from django.db import connection

from channels.cascade.networks import load_network_now
from channels.reservations.actions.movable import Holder, Reaches, gather, relocate
from channels.reservations.actions.retrying import run_retrying
from channels.reservations.actions.stage import Stage, resolve_codes, set_stage, whole_view
from channels.reservations.rules import Basis, Claim, Reach, Relocation, SkuState, View, tidy_seats
from inventory.catalogue.models import Sku

BATCH = 500  # SKUs at a time: their rows are locked for a moment only

_HELD = "SELECT DISTINCT sku_id FROM inventory_hold WHERE closed_at IS NULL AND provisional ORDER BY sku_id"


class Claims:
    """Groups holds by who holds them, and knows where each group may go."""

    def __init__(self, view: View) -> None:
        self._reaches = Reaches(view)
        self.found: dict[Reach, Claim] = {}

    def __call__(self, state: SkuState, holder: Holder) -> Reach:
        """A group of its own for every holder."""
        key = (int(holder.check is Basis.STOCK), holder.shop_id, holder.pool_id or 0)
        if key not in self.found:
            pools = self._reaches.pools_of(holder)
            self.found[key] = Claim(holder.check, self._reaches.shop_at(holder), pools)
        return key


def reseat_holds(sku_ids: Collection[int] | None = None) -> int:
    """Move provisional holds of these SKUs (all by default) to rows that fewer pools share; how many holds moved.

    Every batch of SKUs is looked at first, and only SKUs with something to move are locked, judged again and moved.
    """
    wanted = _find_held() if sku_ids is None else sorted(set(sku_ids))
    moved = 0
    for start in range(0, len(wanted), BATCH):
        batch = wanted[start : start + BATCH]
        worth = sorted({relocation.sku_id for relocation in _plan(batch, lock=False)[1]})
        if worth:
            moved += run_retrying(partial(_tidy, worth))
    return moved


def _tidy(sku_ids: Sequence[int]) -> int:
    """Lock, judge and move; how many holds moved."""
    stage, relocations, claims = _plan(sku_ids, lock=True)
    return relocate(stage.view, stage.states, relocations, claims)


def _plan(sku_ids: Sequence[int], *, lock: bool) -> tuple[Stage, list[Relocation], Claims]:
    view = whole_view(load_network_now())
    codes = list(Sku.objects.filter(pk__in=sku_ids).values_list("code", flat=True))
    stage = set_stage(view, codes, resolve_codes(codes), dedicated=True, lock=lock)
    claims = Claims(view)
    gather(view, stage.states, claims)
    return stage, tidy_seats(view, stage.states, claims.found), claims


def _find_held() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_HELD)
        return [sku for (sku,) in cursor.fetchall()]
