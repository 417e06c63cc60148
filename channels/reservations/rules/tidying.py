"""The background pass: provisional holds go to rows that fewer pools share, where there is room for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from channels.reservations.rules.flow import Reach
from channels.reservations.rules.numbers import Block
from channels.reservations.rules.shapes import Basis
from channels.reservations.rules.states import Relocation, SkuState
from channels.reservations.rules.view import View

ROUNDS = 20  # one move per SKU in each; what is left over waits for the next pass


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose units a group's are: they may lie where these pools' stock does; the shop is the view's index."""

    check: Basis
    shop: int
    pools: Sequence[int]


@dataclass(frozen=True, slots=True)
class Move:
    """Units of a group that go from a row to another."""

    group: Reach
    source: int
    target: int
    units: int


def tidy_seats(view: View, states: Mapping[int, SkuState], claims: Mapping[Reach, Claim]) -> list[Relocation]:
    """Move what can lie on a less shared row, by the engine's numbers after every move.

    Units reserved against stock stay out of the safety stock where they go. `states` is changed in place.
    """
    active = list(states.values())
    for _ in range(ROUNDS):
        block = Block(view, [state.column(own=False) for state in active], {}) if active else None
        moving = []
        for column, state in enumerate(active):
            move = block and _find_move(block, column, state, claims)
            if move:
                state.groups.move(move.group, move.source, move.target, move.units)
                state.free[move.source] += move.units
                state.free[move.target] -= move.units
                moving.append(state)
        active = moving
    return [
        Relocation(sku, group, parcel.home, row, parcel.units)
        for sku, state in states.items()
        for group, row, parcel in state.groups.relocated()
    ]


def _find_move(block: Block, column: int, state: SkuState, claims: Mapping[Reach, Claim]) -> Move | None:
    """The move off the most shared row, if there is any."""
    shared_by = state.feeds.shared_by
    lying = sorted(state.groups.totals().items(), key=lambda item: (-shared_by[item[0][1]], item[0]))
    for (group, row), units in lying:
        claim = claims[group]
        rooms = _rooms(block, column, state, claim)
        better = [r for r in state.feeds.reach(claim.pools) if shared_by[r] < shared_by[row] and rooms[r] > 0]
        if better:
            target = min(better, key=lambda r: (shared_by[r], -rooms[r], r))
            return Move(group, row, target, min(units, rooms[target]))
    return None


def _rooms(block: Block, column: int, state: SkuState, claim: Claim) -> list[int]:
    if claim.check is Basis.ENTITLEMENT:
        return block.rooms(claim.shop, column)
    return [max(0, free - safety) for free, safety in zip(state.free, state.safety, strict=True)]
