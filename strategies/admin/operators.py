"""What the editor offers for each type of fact: its operators in words, and the boxes their values are entered in."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from strategies.rules.facts import OPERATORS
from strategies.rules.shapes import FactType, Op

# The kinds of boxes: codes from a list, words, one value, a pair of values, yes or no, nothing.
CODES, WORDS, SINGLE, PAIR, FLAG, NONE = "codes", "words", "single", "pair", "flag", "none"
_SHAPES: Mapping[Op, str] = {
    **dict.fromkeys((Op.IN, Op.NOT_IN, Op.ANY, Op.ALL, Op.ONLY, Op.WITHIN, Op.NOT_WITHIN), CODES),
    Op.BETWEEN: PAIR,
    Op.EMPTY: NONE,
    Op.NOT_EMPTY: NONE,
}
_LABELS: Mapping[Op, Any] = {
    Op.IN: _("is one of"),
    Op.NOT_IN: _("is none of"),
    Op.ANY: _("contains any of"),
    Op.ALL: _("contains all of"),
    Op.ONLY: _("contains nothing but"),
    Op.WITHIN: _("is within"),
    Op.NOT_WITHIN: _("is not within"),
    Op.EQ: "=",
    Op.NE: "≠",
    Op.LT: "<",
    Op.LE: "≤",
    Op.GT: ">",
    Op.GE: "≥",
    Op.BETWEEN: _("is between"),
    Op.MATCHES: _("is like"),
    Op.NOT_MATCHES: _("is not like"),
    Op.EMPTY: _("is empty"),
    Op.NOT_EMPTY: _("is not empty"),
}
_SPECIAL: Mapping[tuple[FactType, Op], Any] = {
    (FactType.MANY, Op.NOT_IN): _("contains none of"),
    (FactType.FLAG, Op.EQ): _("is"),
    (FactType.DATE, Op.EQ): _("is on"),
    (FactType.DATE, Op.NE): _("is not on"),
    (FactType.DATE, Op.LT): _("is before"),
    (FactType.DATE, Op.LE): _("is on or before"),
    (FactType.DATE, Op.GT): _("is after"),
    (FactType.DATE, Op.GE): _("is on or after"),
}


def list_operators() -> dict[str, list[dict[str, str]]]:
    """By type of fact: `op`, `label` and `shape` of each operator, the usual one first."""
    return {
        kind: [{"op": op, "label": str(_label(kind, op)), "shape": shape_of(kind, op)} for op in _ordered(kind)]
        for kind in FactType
    }


def shape_of(kind: FactType, op: Op) -> str:
    """Which box the operator's value is entered in."""
    if kind is FactType.FLAG:
        return FLAG
    shape = _SHAPES.get(op, SINGLE)
    return WORDS if kind is FactType.TEXT and shape == CODES else shape


def _ordered(kind: FactType) -> list[Op]:
    # "Which are at least" is what people ask of numbers, and a span what they ask of dates.
    usual = {FactType.NUMBER: Op.GE, FactType.DATE: Op.BETWEEN}.get(kind)
    return sorted(OPERATORS[kind], key=lambda op: op is not usual)


def _label(kind: FactType, op: Op) -> Any:
    return _SPECIAL.get((kind, op), _LABELS[op])
