"""What one version says differently from another, in words."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from django.utils.translation import gettext as _

from strategies.models import StrategyVersion
from strategies.registry import Kind, find_kind
from strategies.rules.shapes import Conditions, Group, Row
from strategies.words import say_rows


def compare_versions(before: StrategyVersion, after: StrategyVersion) -> list[str]:
    """A sentence for each difference of the second from the first; none when they say the same."""
    old, new = (Conditions.model_validate(version.conditions) for version in (before, after))
    return [
        *_compare_groups(old.any, new.any, _("Condition")),
        *_compare_groups(old.unless, new.unless, _("Exclusion")),
        *_compare_texts(_("Action"), *(_say_action(version) for version in (before, after))),
        *_compare_texts(_("Note"), before.note, after.note),
    ]


def _compare_groups(old: Sequence[Group], new: Sequence[Group], what: str) -> Iterator[str]:
    """Groups that stand on both sides are the same; the others are compared in their order."""
    gone = [group for group in old if group not in new]
    come = [group for group in new if group not in old]
    for one, other in zip_longest(gone, come):
        if one is None or other is None:
            text = _("%(what)s removed: %(words)s") if other is None else _("%(what)s added: %(words)s")
            yield text % {"what": what, "words": _join((one or other).all)}
        else:
            yield from _compare_rows(one.all, other.all, what)


def _compare_rows(old: Sequence[Row], new: Sequence[Row], what: str) -> Iterator[str]:
    """Rows that stand on both sides are the same; of the others, those about the same fact are compared."""
    gone = [row for row in old if row not in new]
    come = [row for row in new if row not in old]
    for row in gone:
        partner = next((other for other in come if other.fact == row.fact), None)
        if partner is None:
            yield _("%(what)s removed: %(words)s") % {"what": what, "words": _join([row])}
        else:
            come.remove(partner)
            yield from _compare_texts(what, *say_rows([row, partner]))
    for row in come:
        yield _("%(what)s added: %(words)s") % {"what": what, "words": _join([row])}


def _compare_texts(what: str, before: str, after: str) -> Iterator[str]:
    if before != after:
        empty = _("empty")
        texts = {"what": what, "before": before or empty, "after": after or empty}
        yield _("%(what)s changed: %(before)s → %(after)s") % texts


def _join(rows: Sequence[Row]) -> str:
    return ", ".join(say_rows(rows)) or _("always")


def _say_action(version: StrategyVersion) -> str:
    kind: Kind = find_kind(version.strategy.kind)
    return kind.describe(kind.action.model_validate(version.action))
