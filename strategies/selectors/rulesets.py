"""The rules in force: the published versions of a kind in order, compiled, kept by each process while they hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection
from pydantic import BaseModel

from strategies.models import Strategy, StrategyEvent, StrategyToken, StrategyVersion
from strategies.registry import Kind, facts_of, find_kind
from strategies.rules import Int32s, Matcher, compile_conditions, decide
from strategies.rules.shapes import Conditions, Grid


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One version of one strategy, ready to be asked."""

    strategy_id: int
    version_id: int
    code: str
    name: str
    number: int  # of the version
    conditions: Conditions
    action: BaseModel
    matcher: Matcher

    def __str__(self) -> str:
        return f"{self.name} ({self.code} v{self.number})"


@dataclass(frozen=True, eq=False)
class Ruleset:
    """The rules of a kind, the first that matches a cell decides it. Everything is in order."""

    kind: str
    rules: tuple[Rule, ...]
    token: UUID | None = None

    @cached_property
    def version_ids(self) -> tuple[int, ...]:
        """The ids of the versions."""
        return tuple(rule.version_id for rule in self.rules)

    @cached_property
    def matchers(self) -> tuple[Matcher, ...]:
        """What each asks."""
        return tuple(rule.matcher for rule in self.rules)

    @cached_property
    def actions(self) -> tuple[Any, ...]:
        """What each does, in the type of its kind."""
        return tuple(rule.action for rule in self.rules)

    @cached_property
    def facts(self) -> frozenset[str]:
        """The facts a grid must be loaded with to be decided."""
        return frozenset[str]().union(*(matcher.facts for matcher in self.matchers))


_KEPT: dict[tuple[str, str], Ruleset] = {}


def load_rules(kind: str, at: datetime | None = None) -> Ruleset:
    """The rules of now, or those that were in force at a moment in the past; KeyError for an unknown kind.

    Strategies are called by their names of today.
    """
    if at is not None:
        return Ruleset(kind, read_rules(find_kind(kind), find_in_force(kind, at)))
    token = StrategyToken.objects.filter(kind=kind).values_list("token", flat=True).first()
    name = str(connection.settings_dict["NAME"])
    kept = _KEPT.get((name, kind))
    if kept is None or token is None or kept.token != token:
        # What is read after the token is at least as new as the token, and a newer token has it read again.
        kept = _KEPT[name, kind] = read_ruleset(kind, token)
    return kept


def read_ruleset(kind: str, token: UUID | None = None) -> Ruleset:
    """The rules as the database has them."""
    return Ruleset(kind, read_rules(find_kind(kind)), token)


def read_rules(kind: Kind, version_ids: Sequence[int] | None = None) -> tuple[Rule, ...]:
    """These versions in the order given, or the published ones in the order of their strategies."""
    versions = StrategyVersion.objects.select_related("strategy")
    if version_ids is None:
        found = list(versions.filter(strategy__kind=kind.key, state="published").order_by("strategy__position"))
    else:
        by_id = versions.in_bulk(list(version_ids))
        found = [by_id[version] for version in version_ids]
    return tuple(make_rule(kind, version) for version in found)


def rules_with(version: StrategyVersion) -> Ruleset:
    """What would be in force if this version were, at the place of its strategy."""
    kind = version.strategy.kind
    rules = [rule for rule in load_rules(kind).rules if rule.strategy_id != version.strategy_id]
    positions = dict(Strategy.objects.filter(kind=kind).values_list("pk", "position"))
    rules.append(make_rule(find_kind(kind), version))
    return Ruleset(kind, tuple(sorted(rules, key=lambda rule: positions[rule.strategy_id])))


def make_rule(kind: Kind, version: StrategyVersion) -> Rule:
    """The version, ready to be asked."""
    conditions = Conditions.model_validate(version.conditions)
    return Rule(
        strategy_id=version.strategy_id,
        version_id=version.pk,
        code=version.strategy.code,
        name=version.strategy.name,
        number=version.number,
        conditions=conditions,
        action=kind.action.model_validate(version.action),
        matcher=compile_conditions(conditions, {fact.key: fact for fact in facts_of(kind)}),
    )


def find_in_force(kind: str, at: datetime) -> list[int]:
    """The ids of the versions that were in force at a moment, in order."""
    events = StrategyEvent.objects.filter(kind=kind, at__lte=at, details__has_key="in_force")
    details = events.order_by("-at", "-id").values_list("details", flat=True).first()
    return list(details["in_force"]) if details else []


def decide_cells(grid: Grid, ruleset: Ruleset) -> Int32s:
    """[P, N] the place in the ruleset of the rule that decides each cell, NOTHING where none does.

    The grid must have the facts of the ruleset.
    """
    return decide(ruleset.matchers, grid)
