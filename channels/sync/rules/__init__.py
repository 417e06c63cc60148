"""What a listing publishes: pure decisions over arrays."""

from channels.sync.rules.judging import SHOP_QUANTITY, SYNC, WHOLE, Judge
from channels.sync.rules.policies import (
    FIELDS,
    NEUTRAL,
    Decision,
    Layers,
    Parts,
    Policies,
    PolicyValue,
    SyncPolicy,
    SyncStep,
    Verdict,
    apply_policies,
    choose_policies,
    decide_updates,
    listing_quantities,
    merge_policy,
    trace_policy,
)

__all__ = [
    "FIELDS",
    "NEUTRAL",
    "SHOP_QUANTITY",
    "SYNC",
    "WHOLE",
    "Decision",
    "Judge",
    "Layers",
    "Parts",
    "Policies",
    "PolicyValue",
    "SyncPolicy",
    "SyncStep",
    "Verdict",
    "apply_policies",
    "choose_policies",
    "decide_updates",
    "listing_quantities",
    "merge_policy",
    "trace_policy",
]
