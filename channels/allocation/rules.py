"""What an allocation strategy does to a pool that it decides."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, PlainSerializer

from channels.cascade.rules import Allocation, CascadeNetwork, Dispatch, Member, Mode, find_dispatches, in_order
from channels.network.values import Code, Percent, Units, percent
from inventory.supply.rules import NONE, Int64s, Ints, basis_points

ALLOCATION: Final = "allocation"  # the kind of strategy

Ratio = Annotated[Percent, PlainSerializer(percent)]


class ShareAction(BaseModel):
    """Settings of a shop's share in the pool, or, without a shop, of every shop that isn't named.

    What isn't there stays the share's own. A cap of None takes the cap away.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    shop: Code | None = None
    ratio: Ratio | None = None
    holdback: Units | None = None
    cap: Units | None = None
    priority: Units | None = None

    def settings(self) -> dict[str, Any]:
        """The fields of a `Member` that it sets."""
        named: dict[str, int | None] = {
            "ratio": None if self.ratio is None else basis_points(self.ratio),
            "holdback": self.holdback,
            "priority": self.priority,
        }
        if "cap" in self.model_fields_set:
            named["cap"] = NONE if self.cap is None else self.cap
        return {name: value for name, value in named.items() if value is not None}


class AllocationAction(BaseModel):
    """How a pool is shared for the SKUs that the strategy decides. What isn't there stays as the pool has it.

    `scarcity_at` of None lets the pool never count as scarce. A share of a shop that the pool doesn't serve does
    nothing there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode | None = None
    scarcity_at: Units | None = None
    shares: tuple[ShareAction, ...] = ()

    def settings_of(self, shop: str) -> dict[str, Any]:
        """The fields of the shop's `Member` that it sets."""
        named = {share.shop: share for share in self.shares}
        share = named.get(shop, named.get(None))
        return {} if share is None else share.settings()


def make_variant(own: Dispatch, action: AllocationAction, shops: tuple[str, ...]) -> Dispatch:
    """How the pool serves its shops where the action decides; `own` is how it does by its own settings."""
    scarcity_at = own.scarcity_at
    if "scarcity_at" in action.model_fields_set:
        scarcity_at = NONE if action.scarcity_at is None else action.scarcity_at
    members = [replace(member, **action.settings_of(shops[member.shop])) for member in own.members]
    return Dispatch(own.pool, action.mode or own.mode, scarcity_at, in_order(members, shops))


def make_allocation(
    network: CascadeNetwork, actions: Mapping[int, AllocationAction], sku_ids: Int64s, winner: Ints
) -> Allocation:
    """What the engine needs; `winner` [P, W] is the rule that decides each pool and SKU, `actions` are the rules'."""
    own, variants = find_dispatches(network), {}
    for pool, row in enumerate(winner):
        for rule in np.unique(row[row != NONE]).tolist():
            variants[pool, rule] = make_variant(own[pool], actions[rule], network.shops)
    return Allocation(sku_ids, winner, variants) if variants else Allocation()


def settle_network(network: CascadeNetwork, sku_id: int) -> CascadeNetwork:
    """The network whose pools and shares have the settings that count for this SKU, whoever decides them."""
    chosen = _chosen(network.allocation, sku_id)
    if not chosen:
        return network
    shares, modes, scarcity_at = network.shares, list(network.modes), np.array(network.scarcity_at)
    members: list[Member] = []
    for dispatch in chosen:
        modes[dispatch.pool], scarcity_at[dispatch.pool] = dispatch.mode, dispatch.scarcity_at
        members += dispatch.members
    return replace(
        network,
        modes=tuple(modes),
        scarcity_at=scarcity_at,
        shares=replace(
            shares,
            ratio=_changed(shares.ratio, {member.share: member.ratio for member in members}),
            holdback=_changed(shares.holdback, {member.share: member.holdback for member in members}),
            cap=_changed(shares.cap, {member.share: member.cap for member in members}),
            priority=_changed(shares.priority, {member.share: member.priority for member in members}),
        ),
        allocation=Allocation(),
    )


def _chosen(allocation: Allocation, sku_id: int) -> list[Dispatch]:
    at = np.flatnonzero(np.asarray(allocation.sku_id) == sku_id)
    if not at.size:
        return []
    winners = enumerate(allocation.winner[:, at[0]].tolist())
    return [allocation.variants[pool, rule] for pool, rule in winners if rule != NONE]


def _changed(values: Ints, settings: Mapping[int, int]) -> Int64s:
    changed = np.array(values, np.int64)
    changed[list(settings)] = list(settings.values())
    return changed
