"""Conditions in plain language: "When channel is Tmall or JD and price is above 5, unless tag contains sale"."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from strategies.registry import Fact, find_fact, label_choices
from strategies.rules.shapes import Conditions, FactType, Group, Op, Row
from strategies.rules.values import read_date

MOST = 6  # values of one row that are named

_SENTENCES: Mapping[Op, Any] = {
    Op.IN: gettext_lazy("%(fact)s is %(values)s"),
    Op.NOT_IN: gettext_lazy("%(fact)s is not %(values)s"),
    Op.WITHIN: gettext_lazy("%(fact)s is within %(values)s"),
    Op.NOT_WITHIN: gettext_lazy("%(fact)s is not within %(values)s"),
    Op.ANY: gettext_lazy("%(fact)s contains %(values)s"),
    Op.ALL: gettext_lazy("%(fact)s contains %(values)s"),
    Op.ONLY: gettext_lazy("%(fact)s contains nothing but %(values)s"),
    Op.EQ: gettext_lazy("%(fact)s is %(values)s"),
    Op.NE: gettext_lazy("%(fact)s is not %(values)s"),
    Op.LT: gettext_lazy("%(fact)s is below %(values)s"),
    Op.LE: gettext_lazy("%(fact)s is at most %(values)s"),
    Op.GT: gettext_lazy("%(fact)s is above %(values)s"),
    Op.GE: gettext_lazy("%(fact)s is at least %(values)s"),
    Op.BETWEEN: gettext_lazy("%(fact)s is between %(low)s and %(high)s"),
    Op.MATCHES: gettext_lazy("%(fact)s is like “%(values)s”"),
    Op.NOT_MATCHES: gettext_lazy("%(fact)s is not like “%(values)s”"),
    Op.EMPTY: gettext_lazy("%(fact)s is empty"),
    Op.NOT_EMPTY: gettext_lazy("%(fact)s is not empty"),
}
_SENTENCES_BY_TYPE: Mapping[tuple[FactType, Op], Any] = {
    (FactType.MANY, Op.NOT_IN): gettext_lazy("%(fact)s does not contain %(values)s"),
    (FactType.DATE, Op.LT): gettext_lazy("%(fact)s is before %(values)s"),
    (FactType.DATE, Op.LE): gettext_lazy("%(fact)s is on or before %(values)s"),
    (FactType.DATE, Op.GT): gettext_lazy("%(fact)s is after %(values)s"),
    (FactType.DATE, Op.GE): gettext_lazy("%(fact)s is on or after %(values)s"),
}
_Labels = Mapping[str, Mapping[str, str]]


def summarise(conditions: Conditions) -> str:
    """When a strategy matches, in the active language, without a full stop.

    Codes are shown by their labels, those that no longer exist as they are.
    """
    return summarise_all([conditions])[0]


def summarise_all(several: Sequence[Conditions]) -> list[str]:
    """`summarise` of each, with the labels of every fact read once."""
    labels = _load_labels(several)
    return [_summarise(conditions, labels) for conditions in several]


def say_rows(rows: Sequence[Row]) -> list[str]:
    """Each row by itself: "category is within Coats"."""
    labels = _load_labels([Conditions(any=(Group(all=tuple(rows)),))])
    return [_say_row(row, labels.get(row.fact, {})) for row in rows]


def _summarise(conditions: Conditions, labels: _Labels) -> str:
    when, unless = (_join_groups(groups, labels) for groups in (conditions.any, conditions.unless))
    if when and unless:
        return _("When %(conditions)s, unless %(exclusions)s") % {"conditions": when, "exclusions": unless}
    if unless:
        return _("Always, unless %(exclusions)s") % {"exclusions": unless}
    return _("When %(conditions)s") % {"conditions": when} if when else _("Always")


def _load_labels(several: Iterable[Conditions]) -> dict[str, Mapping[str, str]]:
    """The labels of all codes in conditions, by fact."""
    codes: dict[str, set[str]] = {}
    groups = [group for conditions in several for group in (*conditions.any, *conditions.unless)]
    for row in (row for group in groups for row in group.all):
        if isinstance(row.value, list | tuple) and row.op is not Op.BETWEEN:
            codes.setdefault(row.fact, set()).update(map(str, row.value))
    return {key: label_choices(fact, codes[key]) for key in codes if (fact := _find_fact(key)) is not None}


def _find_fact(key: str) -> Fact | None:
    """None for a fact that older conditions know, but nobody registers any more."""
    try:
        return find_fact(key)
    except KeyError:
        return None


def _join_groups(groups: Sequence[Group], labels: _Labels) -> str:
    clauses = [_join_rows([_say_row(row, labels.get(row.fact, {})) for row in group.all]) for group in groups]
    return _join(clauses, lambda one, other: _("%(group)s, or %(other)s") % {"group": one, "other": other})


def _join_rows(clauses: Sequence[str]) -> str:
    return _join(clauses, lambda one, other: _("%(row)s and %(other)s") % {"row": one, "other": other})


def _join(clauses: Sequence[str], pair: Callable[[str, str], str]) -> str:
    return reduce(pair, clauses) if clauses else ""


def _say_row(row: Row, labels: Mapping[str, str]) -> str:
    fact = _find_fact(row.fact)
    words = {"fact": str(fact.label) if fact else row.fact}
    if isinstance(row.value, list | tuple):
        said = [say_value(value, fact, labels) for value in row.value]
        if row.op is Op.BETWEEN:
            words |= zip(("low", "high"), said, strict=False)
        else:
            words["values"] = _join_all(said) if row.op in {Op.ALL, Op.ONLY} else _join_any(said)
    elif row.value is not None:
        words["values"] = say_value(row.value, fact, labels)
    return _sentence(row, fact) % words


def _sentence(row: Row, fact: Fact | None) -> str:
    if fact is None:
        return str(_SENTENCES[row.op])
    if fact.type is FactType.FLAG:
        return _("%(fact)s is yes") if row.value else _("%(fact)s is no")
    return str(_SENTENCES_BY_TYPE.get((fact.type, row.op), _SENTENCES[row.op]))


def say_value(value: Any, fact: Fact | None, labels: Mapping[str, str]) -> str:
    """One value as a row holds it, with its label or unit."""
    day = read_date(value) if fact and fact.type is FactType.DATE else None
    if day is not None:
        return date_format(day)
    said = str(labels.get(value, value))
    unit = str(fact.unit) if fact else ""
    if unit == "%":
        return f"{said}%"
    return _("%(number)s %(unit)s") % {"number": said, "unit": unit} if unit else said


def _join_any(values: Sequence[str]) -> str:
    named, last = _name_some(values)
    if len(values) > MOST:
        count = len(values) - MOST
        return ngettext("%(values)s or %(count)d more", "%(values)s or %(count)d more", count) % {
            "values": named,
            "count": count,
        }
    return _("%(values)s or %(value)s") % {"values": named, "value": last} if named else last


def _join_all(values: Sequence[str]) -> str:
    named, last = _name_some(values)
    if len(values) > MOST:
        count = len(values) - MOST
        return ngettext("%(values)s and %(count)d more", "%(values)s and %(count)d more", count) % {
            "values": named,
            "count": count,
        }
    return _("%(values)s and %(value)s") % {"values": named, "value": last} if named else last


def _name_some(values: Sequence[str]) -> tuple[str, str]:
    """The values as a list but for the last; all that are named and nothing when there are too many."""
    named, last = (values[:MOST], "") if len(values) > MOST else (values[:-1], values[-1] if values else "")
    return _join(named, lambda one, other: _("%(values)s, %(value)s") % {"values": one, "value": other}), last
