"""Short ways to save versions of the toy kind and to see which are in force."""

from strategies.actions import save_draft
from strategies.selectors import load_rules


def in_force():
    return [(rule.code, rule.number) for rule in load_rules("toy").rules]


def save(version, **changes):
    content = {"conditions": version.conditions, "action": version.action, "note": version.note} | changes
    return save_draft(version.strategy, **content, actor="bob")
