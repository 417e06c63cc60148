"""The path of one number through the layers, as plain data.

Every step has a `sentence` for people; `reason` says why units were cut or added there and is empty when
none were. Quantities are units, ratios are percentages as text.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Effect(StrEnum):
    """What a step did to the units that came in."""

    NONE = "none"
    CUT = "cut"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class StockFact:
    """A stock row: what lies there and what of it is available."""

    warehouse: str
    warehouse_name: str
    functional: str
    functional_id: int
    status: str
    on_hand: int
    allocated: int
    free: int
    safety_stock: int
    safety_from: str  # stock_row or functional
    sellable: bool
    atp: int
    reaches_shop: bool
    effect: Effect
    sentence: str
    reason: str


@dataclass(frozen=True, slots=True)
class LinkFact:
    """What a functional warehouse gives to a supply warehouse, and the settings that counted."""

    link_id: int
    supply: str
    functional: str
    active: bool
    atp: int
    reserve: int
    reserve_from: str  # link, category or sku
    ratio: str
    ratio_from: str  # link, category or sku
    override: str  # the category or SKU the override is for, empty without one
    contribution: int
    effect: Effect
    sentence: str
    reason: str


@dataclass(frozen=True, slots=True)
class SupplyFact:
    """A supply warehouse: the sum of its links' contributions."""

    supply_id: int
    supply: str
    name: str
    active: bool
    quantity: int
    sentence: str
    reason: str


@dataclass(frozen=True, slots=True)
class Part:
    """Units and where they come from."""

    code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class SourceFact:
    """What a functional warehouse brings into a pool, counted once."""

    functional: str
    parts: list[Part]  # by supply warehouse
    together: int
    atp: int
    quantity: int
    effect: Effect
    sentence: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShareFact:
    """What one shop gets of a pool."""

    share_id: int
    shop: str
    shop_name: str
    own: bool  # the shop that is explained
    active: bool
    priority: int
    ratio: str
    home_supply: str
    dedicated: int  # outstanding units set aside
    granted: int
    allotted: int
    holdback: int
    cap: int | None
    quantity: int
    effect: Effect
    sentence: str
    reason: str


@dataclass(frozen=True, slots=True)
class PoolStrategyFact:
    """The allocation strategy that decides how a pool serves its shops."""

    version_id: int
    code: str
    name: str
    number: int  # of the version
    clause: str
    since: datetime | None  # None until it has decided the stored numbers


@dataclass(frozen=True, slots=True)
class PoolFact:
    """A dispatch pool the shop has a share in."""

    pool_id: int
    pool: str
    name: str
    open: bool
    starts_at: datetime | None
    ends_at: datetime | None
    supplies: list[str]
    sources: list[SourceFact]
    quantity: int
    strategy: PoolStrategyFact | None  # None where the pool's own settings count
    mode: str
    mode_name: str
    scarcity_at: int | None
    scarce: bool
    granted: int
    rest: int
    shares: list[ShareFact]  # in the order in which the pool serves them
    effect: Effect
    sentence: str
    reason: str


@dataclass(frozen=True, slots=True)
class SeveralFact:
    """A shop of several pools: the sum, and the distinct stock beneath it."""

    together: int
    beneath: int
    quantity: int
    effect: Effect
    sentence: str
    reason: str


@dataclass(frozen=True, slots=True)
class SkuPath:
    """The layers of one SKU up to the shop's quantity."""

    sku: str
    name: str
    stock: list[StockFact]
    links: list[LinkFact]
    supplies: list[SupplyFact]
    pools: list[PoolFact]
    several: SeveralFact | None
    quantity: int


@dataclass(frozen=True, slots=True)
class ComponentFact:
    """A part of a bundle, with its own path."""

    sku: str
    needed: int
    quantity: int
    sets: int
    scarcest: bool
    sentence: str
    path: SkuPath


@dataclass(frozen=True, slots=True)
class ListingPartFact:
    """A SKU of a listing and how many units sold it allows."""

    sku: str
    needed: int
    quantity: int
    sets: int
    scarcest: bool


@dataclass(frozen=True, slots=True)
class PolicyFact:
    """A field of the sync policy and who set it: default, shop, listing or strategy; built_in if nobody did."""

    field: str
    label: str
    value: str
    set_by: str
    set_by_name: str


@dataclass(frozen=True, slots=True)
class StepFact:
    """One step of the sync policy."""

    field: str
    label: str
    setting: str
    before: int
    after: int
    effect: Effect
    sentence: str


@dataclass(frozen=True, slots=True)
class SyncStrategyFact:
    """The sync strategy that decides a listing, and what it does."""

    version_id: int
    code: str
    name: str
    number: int  # of the version
    clause: str
    main_sku: str  # what the listing is judged by
    since: datetime | None  # None until it has decided the stored target


@dataclass(frozen=True, slots=True)
class ListingFact:
    """What a listing makes of the shop's quantity, and what the platform has."""

    listing_id: int
    listing: str
    title: str
    active: bool
    paused: bool  # by its own flag or by the strategy
    pause_reason: str
    increase_only: bool
    backed: bool
    strategy: SyncStrategyFact | None
    parts: list[ListingPartFact]
    q0: int
    policy: list[PolicyFact]
    steps: list[StepFact]
    number: int | None  # what the policy makes of q0; None when it can't be applied
    target: int | None
    version: int
    published: int | None
    published_version: int
    published_at: datetime | None
    state: str
    state_name: str
    message: str
    at_risk: int
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a shop shows the number of a SKU that it shows."""

    shop: str
    shop_name: str
    sku: str
    name: str
    quantity: int  # computed now
    stored: int
    version: int  # of the stored number; 0 when none was ever stored
    stored_at: datetime | None
    pending: bool  # a change waits to be worked in
    up_to_date: bool
    as_of: datetime
    hints: list[str]
    stock: list[StockFact]
    links: list[LinkFact]
    supplies: list[SupplyFact]
    pools: list[PoolFact]
    several: SeveralFact | None
    components: list[ComponentFact]
    listings: list[ListingFact]
    strategies_matched: list[str]  # "code v3" of every strategy that has a say in what is told here
