"""What is odd about the strategies of a kind, each with a cell that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from strategies.models import StrategyVersion
from strategies.registry import find_kind
from strategies.rules.lint import Odd, Oddity, find_odd, last_day, pack_cells
from strategies.rules.shapes import Grid
from strategies.selectors.contradictions import find_contradictory
from strategies.selectors.rulesets import Rule, Ruleset, load_rules, rules_with
from strategies.selectors.winners import business_time

SOON = timedelta(days=7)

LABELS: Mapping[Oddity, Any] = {
    Oddity.CONTRADICTORY: _("Contradictory"),
    Oddity.NEVER: _("Matches nothing now"),
    Oddity.SHADOWED: _("Never reached"),
    Oddity.OVERLAPPING: _("Overlapping"),
    Oddity.ENDING: _("Ending soon"),
}
_SENTENCES: Mapping[Oddity, Any] = {
    Oddity.CONTRADICTORY: _("Some conditions of %(rule)s rule each other out, so they never hold."),
    Oddity.NEVER: _("%(rule)s matches nothing now."),
    Oddity.SHADOWED: _("%(rule)s is never reached: %(other)s comes first and decides all that it matches."),
    Oddity.OVERLAPPING: _("%(other)s and %(rule)s both match some SKUs and do something else; the first one decides."),
    Oddity.ENDING: _("%(rule)s ends on %(day)s."),
}
_SHADOWED_TOGETHER = _("%(rule)s is never reached: %(other)s and others come first and decide all that it matches.")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something odd about a rule in force or a draft; `witness` is a cell that shows it: place code, SKU id."""

    code: Oddity
    strategy: Rule
    other: Rule | None
    witness: tuple[str, int] | None
    sentence: str

    @property
    def strategy_id(self) -> int:
        """The strategy it is about."""
        return self.strategy.strategy_id

    @property
    def label(self) -> str:
        """The finding in a word or two."""
        return str(LABELS[self.code])


def lint(kind: str) -> list[Finding]:
    """What is odd about the strategies in force, in their order."""
    return lint_rules(load_rules(kind))


def lint_draft(version: StrategyVersion) -> list[Finding]:
    """What would be odd with this version in force and has to do with it."""
    findings = lint_rules(rules_with(version))
    return [
        finding
        for finding in findings
        if version.pk in (finding.strategy.version_id, finding.other and finding.other.version_id)
    ]


def lint_rules(ruleset: Ruleset) -> list[Finding]:
    """What is odd about these rules in this order, by the facts of now."""
    now = business_time(timezone.now())
    kind = find_kind(ruleset.kind)
    hopeless = {number for number, rule in enumerate(ruleset.rules) if find_contradictory(kind, rule.conditions)}
    found = [Odd(Oddity.CONTRADICTORY, number) for number in hopeless]
    found += [Odd(Oddity.ENDING, number) for number, rule in enumerate(ruleset.rules) if _ends_soon(rule, now)]
    if not ruleset.rules:
        return []
    grid = kind.load(ruleset.facts, None, now)
    found += [odd for odd in _find_odd(ruleset, grid) if odd.oddity is not Oddity.NEVER or odd.rule not in hopeless]
    order = list(Oddity)
    found.sort(key=lambda odd: (odd.rule, order.index(odd.oddity), odd.other or 0))
    return [_say(odd, ruleset, grid) for odd in found]


def _find_odd(ruleset: Ruleset, grid: Grid) -> list[Odd]:
    shape = (len(grid.places), len(grid.sku_ids))
    matches = [pack_cells(rule.matcher.match(grid), shape) for rule in ruleset.rules]
    return find_odd(matches, shape[1], lambda one, other: ruleset.actions[one] == ruleset.actions[other])


def _ends_soon(rule: Rule, now: datetime) -> bool:
    day = last_day(rule.conditions)
    return day is not None and now.date() <= day <= now.date() + SOON


def _say(odd: Odd, ruleset: Ruleset, grid: Grid) -> Finding:
    rule = ruleset.rules[odd.rule]
    other = None if odd.other is None else ruleset.rules[odd.other]
    day = last_day(rule.conditions)
    sentence = _SENTENCES[odd.oddity] if odd.alone else _SHADOWED_TOGETHER
    return Finding(
        code=odd.oddity,
        strategy=rule,
        other=other,
        witness=None if odd.cell is None else (grid.places[odd.cell[0]], int(grid.sku_ids[odd.cell[1]])),
        sentence=sentence
        % {
            "rule": rule.name,
            "other": other.name if other else "",
            "day": date_format(day, "DATE_FORMAT") if day else "",
        },
    )
