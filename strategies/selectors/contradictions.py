"""Conditions that can never hold, with what the database knows of trees."""

from strategies.registry import Kind, facts_of
from strategies.rules.contradictions import Contradiction, find_contradictions
from strategies.rules.shapes import Conditions, FactType


def find_contradictory(kind: Kind, conditions: Conditions) -> list[Contradiction]:
    """The groups that can never hold, whatever the data are."""
    facts = {fact.key: fact for fact in facts_of(kind)}
    used = {row.fact for group in (*conditions.any, *conditions.unless) for row in group.all}
    trees = {
        key: {choice.code: choice.parent for choice in facts[key].choices()}
        for key in used & facts.keys()
        if facts[key].type is FactType.TREE
    }
    return find_contradictions(conditions, facts, trees)
