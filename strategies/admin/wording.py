"""Versions in the words of the reader's language."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from strategies.models import StrategyVersion
from strategies.registry import Kind
from strategies.rules.shapes import Conditions
from strategies.words import summarise, summarise_all


@dataclass(frozen=True, slots=True)
class SaidVersion:
    """A version and what it says."""

    version: StrategyVersion
    words: str


def say_versions(kind: Kind, versions: Iterable[StrategyVersion]) -> list[SaidVersion]:
    """Each with what it says."""
    listed = list(versions)
    whens = summarise_all([Conditions.model_validate(version.conditions) for version in listed])
    return [
        SaidVersion(version, _join(when, kind.describe(kind.action.model_validate(version.action))))
        for version, when in zip(listed, whens, strict=True)
    ]


def say(kind: Kind, conditions: Conditions | None, action: object) -> str:
    """When and what, as a sentence; dots for what can't be told yet."""
    when = "…" if conditions is None else summarise(conditions)
    then = "…" if action is None else kind.describe(action)
    return _join(when, then)


def say_version(kind: Kind, version: StrategyVersion) -> str:
    """What the version says."""
    return say_versions(kind, [version])[0].words


def _join(when: str, then: str) -> str:
    return _("%(when)s: %(then)s.") % {"when": when, "then": then}
