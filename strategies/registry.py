"""What the apps above register: facts, and kinds of strategies."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from strategies.rules.shapes import Axis, FactType, Grid


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that a fact can have."""

    code: str
    label: str
    parent: str | None = None


def _no_choices() -> Sequence[Choice]:
    return ()


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a condition can ask about. Labels and units are lazy translations."""

    key: str
    label: Any
    type: FactType
    axis: Axis
    group: Any  # the heading it stands under in the editor: where, what, how much, when
    unit: Any = ""
    places: int = 0  # decimals of a NUMBER
    choices: Callable[[], Sequence[Choice]] = _no_choices  # from the database; for CHOICE, MANY and TREE
    find: Callable[[str, Collection[str], int], Sequence[Choice]] | None = None
    """For too many choices to list, such as SKUs: those with one of these codes, and at most so many that fit the words
    (none for empty words). `choices` is not asked then.
    """
    moves: bool = False  # its value changes by the passing of time alone


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of strategy: what it can ask about, and what it does."""

    key: str
    label: Any
    facts: tuple[str, ...]  # keys, in the order of the editor
    action: type[BaseModel]
    place_label: Any  # what a place of its grid is: dispatch pool, shop
    load: Callable[[Collection[str], Sequence[int] | None, datetime], Grid]
    """The grid with these facts of these SKUs (None for all) as of a moment."""
    mark: Callable[[Sequence[int]], object]
    """Have the numbers of these SKUs recomputed."""
    describe: Callable[[Any], str]
    """An action as a clause in the active language: "share by priority: TMALL 80%, JD 60%"."""
    check: Callable[[Any], Sequence[tuple[str, str]]]
    """What is wrong with an action besides its types: (path, sentence) pairs, such as a shop that doesn't exist."""
    form: str  # dotted path of the Django form that edits an action: `Form(data, initial=dict)`, `.to_action() -> dict`


@dataclass(slots=True)
class _Registry:
    facts: dict[str, Fact] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)


_registry = _Registry()


def register_facts(*facts: Fact) -> None:
    """Add facts; ValueError for a key that is taken."""
    for fact in facts:
        if fact.key in _registry.facts:
            raise ValueError(f"there is a fact {fact.key} already")
        _registry.facts[fact.key] = fact


def register_kind(kind: Kind) -> None:
    """Add a kind; ValueError for a key that is taken."""
    if kind.key in _registry.kinds:
        raise ValueError(f"there is a kind {kind.key} already")
    _registry.kinds[kind.key] = kind


def all_kinds() -> list[Kind]:
    """Every kind, in the order of registration."""
    return list(_registry.kinds.values())


def find_kind(key: str) -> Kind:
    """The kind; KeyError when nobody has registered it."""
    return _registry.kinds[key]


def find_fact(key: str) -> Fact:
    """The fact; KeyError when nobody has registered it."""
    return _registry.facts[key]


def facts_of(kind: Kind) -> list[Fact]:
    """The facts a kind can ask about, in its order."""
    return [_registry.facts[key] for key in kind.facts]


def label_choices(fact: Fact, codes: Collection[str]) -> Mapping[str, str]:
    """The words for these values of a fact; values that don't exist any more are missing."""
    if not codes:
        return {}
    found = fact.choices() if fact.find is None else fact.find("", codes, 0)
    return {choice.code: choice.label for choice in found if choice.code in codes}
