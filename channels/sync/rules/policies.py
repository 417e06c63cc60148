"""What a listing publishes: the policy it merges to, the steps, and what may be sent.

Listings are rows of arrays [N]; quantities are units; -1 stands for "none" in integer arrays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import TypeAlias

import numpy as np

from inventory.supply.rules import FULL, NONE, Bools, Int64s, basis_points

PolicyValue: TypeAlias = int | float | str | Decimal | None


@dataclass(frozen=True, slots=True)
class SyncPolicy:
    """The fields after merging; the defaults change nothing."""

    ratio: int = FULL  # basis points
    offset: int = 0
    buffer: int = 0
    min_quantity: int = 0
    max_quantity: int | None = None
    multiple: int = 1
    fixed: int | None = None


NEUTRAL = SyncPolicy()
FIELDS = tuple(each.name for each in fields(SyncPolicy))


def merge_policy(*layers: Mapping[str, PolicyValue]) -> SyncPolicy:
    """The policy of a listing from the global default, its shop, itself and its strategy, in order.

    A field that is present in a later layer wins, even when it is null: null is the neutral value.
    `ratio` is a percentage in the layers. ValueError for an unknown field or a value out of range.
    """
    merged = {name: value for layer in layers for name, value in layer.items()}
    unknown = sorted(merged.keys() - set(FIELDS))
    if unknown:
        raise ValueError(f"{unknown[0]} is not a field of the sync policy")
    return SyncPolicy(**{n: _read(n, v) for n, v in merged.items() if v is not None})


def _read(name: str, value: int | float | str | Decimal) -> int:
    if name == "ratio":
        return basis_points(value)
    if type(value) is not int:  # true and 1.5 come from JSON, too
        raise ValueError(f"{name}: {value!r} is not a whole number")
    least = {"offset": None, "multiple": 1}.get(name, 0)
    if least is not None and value < least:
        raise ValueError(f"{name}: {value} is below {least}")
    return value


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a sync strategy does to the listings it decides."""

    fields: Mapping[str, PolicyValue] = field(default_factory=dict)  # the last layer of their policies
    paused: bool = False
    increase_only: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """What the default, its shop and itself say of each listing: `layer` [N] indexes the distinct `merged` layers."""

    merged: Sequence[Mapping[str, PolicyValue]]
    layer: Int64s


@dataclass(frozen=True, slots=True, eq=False)
class Policies:
    """The policies of N listings: `policy` [N] indexes the distinct `policies`."""

    policies: Sequence[SyncPolicy]
    policy: Int64s
    paused: Bools  # [N] by a strategy
    increase_only: Bools  # [N] by a strategy
    broken: Mapping[int, str]  # row: why its policy can't be applied; its policy is neutral


def choose_policies(layers: Layers, verdicts: Sequence[Verdict], winner: Int64s) -> Policies:
    """The policy of each listing; `winner` [N] indexes `verdicts`, NONE where no strategy decides."""
    width = len(verdicts) + 1
    pairs, policy = np.unique(layers.layer * width + winner + 1, return_inverse=True)
    policies, faults = [], {}
    for at, (layer, verdict) in enumerate(divmod(pair, width) for pair in pairs.tolist()):
        own = verdicts[verdict - 1].fields if verdict else {}
        try:
            policies.append(merge_policy(layers.merged[layer], own))
        except (ValueError, ArithmeticError) as error:
            # One unusable policy must not keep the numbers of all others from moving.
            faults[at] = str(error)
            policies.append(NEUTRAL)
    broken = np.flatnonzero(np.isin(policy, list(faults)))
    return Policies(
        policies=policies,
        policy=policy.astype(np.int64),
        paused=np.array([*(each.paused for each in verdicts), False])[winner],
        increase_only=np.array([*(each.increase_only for each in verdicts), False])[winner],
        broken={row: faults[int(policy[row])] for row in broken.tolist()},
    )


@dataclass(frozen=True, slots=True)
class SyncStep:
    """One step from a shop's quantity to the published number."""

    field: str  # the policy's field that acted
    setting: int
    before: int
    after: int


def trace_policy(q0: int, policy: SyncPolicy) -> tuple[SyncStep, ...]:
    """The steps of one listing in order, those without effect included; the last `after` is published.

    A fixed number is a single step, as is the whole of what can be said about it.
    """
    if policy.fixed is not None:
        return (SyncStep("fixed", policy.fixed, q0, policy.fixed),)
    q1 = q0 * policy.ratio // FULL
    raised = max(0, q1 + policy.offset)
    q2 = max(0, raised - policy.buffer)
    q3 = 0 if q2 < policy.min_quantity else q2
    q4 = q3 if policy.max_quantity is None else min(q3, policy.max_quantity)
    q5 = q4 - q4 % policy.multiple
    most = NONE if policy.max_quantity is None else policy.max_quantity
    return (
        SyncStep("ratio", policy.ratio, q0, q1),
        SyncStep("offset", policy.offset, q1, raised),
        SyncStep("buffer", policy.buffer, raised, q2),
        SyncStep("min_quantity", policy.min_quantity, q2, q3),
        SyncStep("max_quantity", most, q3, q4),
        SyncStep("multiple", policy.multiple, q4, q5),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What the listings are made of: [K] one entry per part, ascending by `listing`."""

    listing: Int64s  # row of the listing, 0..N-1
    shop: Int64s  # row of the listing's shop in the shop quantities
    column: Int64s  # column of the SKU in the shop quantities
    quantity: Int64s  # units of the SKU per unit sold, at least 1


def listing_quantities(shop_quantities: Int64s, parts: Parts, listings: int) -> Int64s:
    """[N] q0: how many units of each listing the shop quantities [D, S] allow; 0 without parts."""
    q0 = np.zeros(listings, np.int64)
    if not parts.listing.size:
        return q0
    sets = shop_quantities[parts.shop, parts.column]
    if bool((parts.quantity != 1).any()):
        sets = sets // parts.quantity
    starts = np.flatnonzero(np.diff(parts.listing, prepend=-1))
    q0[parts.listing[starts]] = np.minimum.reduceat(sets, starts)
    return q0


def apply_policies(q0: Int64s, policies: Sequence[SyncPolicy], policy: Int64s) -> Int64s:
    """[N] the number each listing should publish; `policy` [N] indexes the distinct `policies`.

    Equal policies are worth passing once: a step that none of them uses costs nothing.
    """
    if not q0.size:
        return q0

    def column(name: str) -> Int64s | None:
        values = [getattr(each, name) for each in policies]
        if all(value == getattr(NEUTRAL, name) for value in values):
            return None
        return np.array([NONE if v is None else v for v in values], np.int64)[policy]

    quantity = q0
    if (ratio := column("ratio")) is not None:
        quantity = quantity * ratio // FULL
    if (offset := column("offset")) is not None:
        quantity = np.maximum(quantity + offset, 0)
    if (buffer := column("buffer")) is not None:
        quantity = np.maximum(quantity - buffer, 0)
    if (least := column("min_quantity")) is not None:
        quantity = np.where(quantity < least, 0, quantity)
    if (most := column("max_quantity")) is not None:
        quantity = np.where(most == NONE, quantity, np.minimum(quantity, most))
    if (multiple := column("multiple")) is not None:
        quantity = quantity - quantity % multiple
    if (fixed := column("fixed")) is not None:
        quantity = np.where(fixed == NONE, quantity, fixed)
    return quantity


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What may be sent to the platform."""

    target: Int64s  # [N] the number the listing is to show; -1 when paused and never published
    send: Bools  # [N] whether it differs from what the platform has and may be sent
    at_risk: Int64s  # [N] units an increase-only listing shows beyond what it should


def decide_updates(wanted: Int64s, shown: Int64s, *, paused: Bools, increase_only: Bools) -> Decision:
    """Whether each wanted number [N] may replace the one the platform has [N] (-1 for unknown).

    A paused listing keeps what the platform has; an increase-only one never gets a lower number, so
    its decrease waits and is at risk meanwhile.
    """
    held = increase_only & (shown > wanted)
    target = np.where(paused | held, shown, wanted)
    return Decision(
        target=target,
        send=~paused & (target != shown),
        at_risk=np.where(held, shown - wanted, 0),
    )
