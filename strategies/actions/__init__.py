"""The only verbs that change strategies."""

from strategies.actions.drafts import create_strategy, rename_strategy, save_draft
from strategies.actions.edits import mark_facts
from strategies.actions.policies import Policy, publish_policies
from strategies.actions.publishing import cancel_plan, publish_version, reorder, retire_strategy, roll_back
from strategies.actions.timing import apply_clock, apply_due

__all__ = [
    "Policy",
    "apply_clock",
    "apply_due",
    "cancel_plan",
    "create_strategy",
    "mark_facts",
    "publish_policies",
    "publish_version",
    "rename_strategy",
    "reorder",
    "retire_strategy",
    "roll_back",
    "save_draft",
]
