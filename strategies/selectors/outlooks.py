"""What the rules decide now, and what a change of them would do before anybody makes it."""

from collections.abc import Iterable, Sequence

import numpy as np
from django.utils import timezone

from strategies.models import Strategy, StrategyVersion
from strategies.registry import find_kind
from strategies.selectors.rulesets import Rule, Ruleset, decide_cells, load_rules, rules_with
from strategies.selectors.winners import affected_skus


def count_decided(kind: str) -> dict[int, int]:
    """By strategy in force: how many SKUs have a cell that it decides now."""
    ruleset = load_rules(kind)
    if not ruleset.rules:
        return {}
    winners = decide_cells(find_kind(kind).load(ruleset.facts, None, timezone.now()), ruleset)
    return {
        rule.strategy_id: int(np.count_nonzero((winners == place).any(axis=0)))
        for place, rule in enumerate(ruleset.rules)
    }


def count_published(version: StrategyVersion) -> int:
    """How many SKUs would get another winner if this version came into force now."""
    return _count(version.strategy.kind, rules_with(version).rules)


def count_retired(strategy: Strategy) -> int:
    """How many SKUs would get another winner, or none, if the strategy were retired now."""
    rules = load_rules(strategy.kind).rules
    return _count(strategy.kind, [rule for rule in rules if rule.strategy_id != strategy.pk])


def count_reordered(kind: str, strategy_ids: Sequence[int]) -> int:
    """How many SKUs would get another winner with the strategies in this order; those left out come last."""
    places = {strategy_id: place for place, strategy_id in enumerate(strategy_ids)}
    return _count(kind, sorted(load_rules(kind).rules, key=lambda rule: places.get(rule.strategy_id, len(places))))


def _count(kind: str, rules: Iterable[Rule]) -> int:
    now = timezone.now()
    return len(affected_skus(kind, load_rules(kind), Ruleset(kind, tuple(rules)), now, now))
