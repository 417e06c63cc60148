"""Turns what a schema refuses into a JSON path and a sentence."""

import json
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from core.errors import FieldError


def show(value: Any) -> str:
    """A value as it stands in the document, shortened."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def describe(error: ValidationError, beneath: str = "") -> list[FieldError]:
    """Every fault of a document by place; `beneath` is the path of what was validated."""
    return [FieldError(json_path(fault["loc"], beneath), _sentence(fault)) for fault in error.errors(include_url=False)]


def json_path(parts: Sequence[str | int], beneath: str = "") -> str:
    """`pools[1].shares[0].ratio`; a key that isn't a plain word stands in brackets."""
    path = beneath
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path or "document"


def _sentence(fault: ErrorDetails) -> str:
    facts: dict[str, Any] = {"value": show(fault["input"]), **fault.get("ctx", {})}
    template = _templates().get(fault["type"])
    if template is None:
        return facts.get("sentence") or fault["msg"]
    return template % facts


def _templates() -> dict[str, str]:
    """Sentences for the kinds of faults pydantic finds by itself."""
    whole = _("%(value)s is not a whole number")
    return {
        "missing": _("this field is missing"),
        "extra_forbidden": _("there is no such field"),
        "string_type": _("%(value)s is not text"),
        "string_too_short": _("this field is empty"),
        "string_too_long": _("%(value)s is longer than %(max_length)s characters"),
        "int_type": whole,
        "int_from_float": whole,
        "int_parsing": whole,
        "float_type": _("%(value)s is not a number"),
        "finite_number": _("%(value)s is not a number"),
        "bool_type": _("%(value)s is neither true nor false"),
        "list_type": _("%(value)s is not a list"),
        "tuple_type": _("%(value)s is not a list"),
        "dict_type": _("%(value)s is not an object"),
        "model_type": _("%(value)s is not an object"),
        "model_attributes_type": _("%(value)s is not an object"),
        "greater_than_equal": _("%(value)s is below %(ge)s"),
        "less_than_equal": _("%(value)s is above %(le)s"),
        # A sentence of the schema's own.
        "value_error": "%(error)s",
        "enum": _("%(value)s is not one of %(expected)s"),
        "literal_error": _("%(value)s is not one of %(expected)s"),
    }
