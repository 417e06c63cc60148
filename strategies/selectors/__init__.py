"""What the rules are, were, and decide."""

from strategies.selectors.comparing import compare_versions
from strategies.selectors.explaining import Considered, JudgedRow, explain_cell
from strategies.selectors.linting import Finding, lint, lint_draft, lint_rules
from strategies.selectors.rulesets import Rule, Ruleset, decide_cells, load_rules, rules_with
from strategies.selectors.winners import affected_skus

__all__ = [
    "Considered",
    "Finding",
    "JudgedRow",
    "Rule",
    "Ruleset",
    "affected_skus",
    "compare_versions",
    "decide_cells",
    "explain_cell",
    "lint",
    "lint_draft",
    "lint_rules",
    "load_rules",
    "rules_with",
]
