"""Which sync strategies decide listings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from channels.decisions.models import Decision
from channels.decisions.selectors import find_decisions
from channels.explain.selectors.facts import Facts
from channels.explain.shapes import SyncStrategyFact
from channels.shops.models import Listing, ListingPart, Shop
from channels.sync.kind import SyncAction, describe_action
from channels.sync.rules import SYNC, WHOLE
from channels.sync.selectors import load_judge, main_part
from inventory.supply.rules import NONE
from strategies.selectors import Rule, load_rules


@dataclass(frozen=True, slots=True)
class SyncRule:
    """What decides a listing."""

    action: SyncAction
    fact: SyncStrategyFact


def find_sync_rules(facts: Facts, listings: Sequence[Listing], shop: Shop) -> list[SyncRule | None]:
    """What decides each of these listings of a shop, by the quantities as they are now."""
    mains = [main_part(listing.parts.all()) for listing in listings]
    skus = np.array([part.sku_id if part else NONE for part in mains], np.int64)
    judge = load_judge(skus, facts.now)
    columns = np.asarray(facts.stock.sku_ids, np.int64)
    judge = judge.with_quantities(facts.loaded.shop_ids, columns, facts.result.shop)
    winner = judge.decide(np.full(len(listings), shop.pk, np.int64), skus)
    kept = find_decisions(SYNC, [listing.pk for listing in listings], [WHOLE])
    rules = load_rules(SYNC).rules
    return [
        None if part is None or at == NONE else _sync_rule(rules[at], part, kept.get((listing.pk, WHOLE)))
        for listing, part, at in zip(listings, mains, winner.tolist(), strict=True)
    ]


def _sync_rule(rule: Rule, main: ListingPart, kept: Decision | None) -> SyncRule:
    action = cast("SyncAction", rule.action)
    return SyncRule(
        action,
        SyncStrategyFact(
            version_id=rule.version_id,
            code=rule.code,
            name=rule.name,
            number=rule.number,
            clause=describe_action(action),
            main_sku=main.sku.code,
            since=kept.since if kept and kept.version_id == rule.version_id else None,
        ),
    )
