"""The values that a row of the editor can choose from."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse

from strategies.admin.operators import CODES, shape_of
from strategies.registry import Choice, Fact, Kind, facts_of, find_kind, label_choices
from strategies.rules.shapes import Conditions, FactType

MOST = 50  # choices that a search finds
_INPUTS = {FactType.NUMBER: "number", FactType.DATE: "date"}


def choices_view(request: HttpRequest, kind: str) -> JsonResponse:
    """The choices of the fact `fact`: all of them, or those that fit the words `q` when there are too many to list.

    Answers `{"choices": [{"code", "label", "parent"}]}`.
    """
    if not request.user.has_perm("strategies.view_strategy"):
        raise PermissionDenied
    fact = _asked_fact(find_kind_or_404(kind), request.GET.get("fact", ""))
    words = request.GET.get("q", "").replace("\0", "").strip()
    found: Iterable[Choice] = fact.choices() if fact.find is None else fact.find(words, (), MOST)
    return JsonResponse(
        {"choices": [{"code": each.code, "label": str(each.label), "parent": each.parent} for each in found]}
    )


def find_kind_or_404(key: str) -> Kind:
    """The kind of an address."""
    try:
        return find_kind(key)
    except KeyError as error:
        raise Http404 from error


def group_facts(kind: Kind) -> list[tuple[str, list[Fact]]]:
    """The facts of a kind under their headings, in its order."""
    order: dict[str, list[Fact]] = {}
    for heading, facts in groupby(facts_of(kind), key=lambda fact: str(fact.group)):
        order.setdefault(heading, []).extend(facts)
    return list(order.items())


def describe_facts(kind: Kind) -> dict[str, dict[str, Any]]:
    """By key, what the editor must know of each fact to offer operators and boxes."""
    return {
        fact.key: {
            "label": str(fact.label),
            "type": fact.type,
            "unit": str(fact.unit),
            "step": f"{10**-fact.places:.{fact.places}f}" if fact.type is FactType.NUMBER else None,
            "input": _INPUTS.get(fact.type, "text"),
            "searched": fact.find is not None,
        }
        for fact in facts_of(kind)
    }


def label_values(kind: Kind, conditions: Conditions) -> dict[str, dict[str, str]]:
    """The words for the codes that stand in conditions, by fact and code."""
    facts = {fact.key: fact for fact in facts_of(kind)}
    wanted: dict[str, set[str]] = {}
    for row in (row for group in (*conditions.any, *conditions.unless) for row in group.all):
        fact = facts.get(row.fact)
        if fact and shape_of(fact.type, row.op) == CODES and isinstance(row.value, list | tuple):
            wanted.setdefault(row.fact, set()).update(str(code) for code in row.value)
    return {
        key: {code: str(label) for code, label in label_choices(facts[key], codes).items()}
        for key, codes in wanted.items()
    }


def _asked_fact(kind: Kind, key: str) -> Fact:
    for fact in facts_of(kind):
        if fact.key == key:
            return fact
    raise Http404
