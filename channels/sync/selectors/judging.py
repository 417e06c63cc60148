"""The sync strategies in force, and what they are judged by."""

from datetime import datetime

import numpy as np

from channels.sync.rules import SHOP_QUANTITY, SYNC, Judge
from core.bulk import Int64s
from inventory.supply.rules import NONE
from strategies.registry import find_kind
from strategies.selectors import load_rules


def load_judge(sku_ids: Int64s, now: datetime) -> Judge:
    """Who decides the cells of these SKUs (NONE among them is passed over), as of now, the caller's changes included.

    Shop quantities are the caller's to give: what is published follows from those, whether they are stored or not.
    """
    ruleset = load_rules(SYNC)
    if not ruleset.rules:
        return Judge()
    skus = np.unique(sku_ids[sku_ids != NONE]).tolist()
    return Judge(
        matchers=ruleset.matchers,
        verdicts=tuple(action.verdict() for action in ruleset.actions),
        version_ids=ruleset.version_ids,
        grid=find_kind(SYNC).load(ruleset.facts - {SHOP_QUANTITY}, skus, now),
    )
