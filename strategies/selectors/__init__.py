"""What the rules are, were, and decide."""

from strategies.selectors.rulesets import Rule, Ruleset, decide_cells, load_rules
from strategies.selectors.winners import affected_skus

__all__ = ["Rule", "Ruleset", "affected_skus", "decide_cells", "load_rules"]
