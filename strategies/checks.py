"""What is wrong with conditions, in sentences."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from strategies.rules.facts import OPERATORS, FactLike
from strategies.rules.shapes import Conditions, FactType, Group, Op, Row
from strategies.rules.values import read_bound, read_codes, read_text


def check_conditions(conditions: Conditions, facts: Mapping[str, FactLike]) -> list[tuple[str, str]]:
    """Each fault as a path such as `any[0].all[1].value` and a sentence; conditions without any can be compiled."""
    return [*_check_groups("any", conditions.any, facts), *_check_groups("unless", conditions.unless, facts)]


def _check_groups(path: str, groups: Sequence[Group], facts: Mapping[str, FactLike]) -> Iterator[tuple[str, str]]:
    for number, group in enumerate(groups):
        if not group.all:
            yield f"{path}[{number}].all", _("Add a row to this group, or remove the group.")
        for place, row in enumerate(group.all):
            fault = _check_row(row, facts)
            if fault is not None:
                name, sentence = fault
                yield f"{path}[{number}].all[{place}].{name}", sentence


def _check_row(row: Row, facts: Mapping[str, FactLike]) -> tuple[str, str] | None:
    fact = facts.get(row.fact)
    if fact is None:
        return "fact", _("There is no fact “%(fact)s” here.") % {"fact": row.fact}
    if row.op not in OPERATORS[fact.type]:
        return "op", _("This fact can't be compared in this way.")
    if row.op in {Op.EMPTY, Op.NOT_EMPTY}:
        sentence = None if row.value is None else _("This comparison takes no value.")
    else:
        sentence = _CHECKS[fact.type](fact, row)
    return None if sentence is None else ("value", sentence)


def _check_codes(_fact: FactLike, row: Row) -> str | None:
    return None if read_codes(row.value) else _("Choose at least one value.")


def _check_text(_fact: FactLike, row: Row) -> str | None:
    if row.op in {Op.IN, Op.NOT_IN}:
        return None if read_codes(row.value) else _("Enter at least one text.")
    return None if read_text(row.value) else _("Enter a text. * stands for anything, ? for one character.")


def _check_number(fact: FactLike, row: Row) -> str | None:
    if row.op is Op.BETWEEN:
        return None if _is_span(fact, row.value) else _("Enter two numbers, the lower one first.")
    return None if read_bound(fact, row.value) is not None else _("Enter a number, such as 12.5.")


def _check_date(fact: FactLike, row: Row) -> str | None:
    if row.op is Op.BETWEEN:
        return None if _is_span(fact, row.value) else _("Enter two dates, the earlier one first.")
    return None if read_bound(fact, row.value) is not None else _("Enter a date, such as 2026-11-11.")


def _check_flag(_fact: FactLike, row: Row) -> str | None:
    return None if isinstance(row.value, bool) else _("Choose yes or no.")


def _is_span(fact: FactLike, value: object) -> bool:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return False
    low, high = (read_bound(fact, end) for end in value)
    return low is not None and high is not None and low <= high


_CHECKS: Mapping[FactType, Callable[[FactLike, Row], str | None]] = {
    FactType.CHOICE: _check_codes,
    FactType.TREE: _check_codes,
    FactType.MANY: _check_codes,
    FactType.NUMBER: _check_number,
    FactType.DATE: _check_date,
    FactType.TEXT: _check_text,
    FactType.FLAG: _check_flag,
}
