"""Sentences for what the libraries report by code: HTTP statuses and values that don't fit their schema."""

from typing import Any

from django.utils.translation import gettext_lazy as _

_STATUSES = {
    400: (_("Bad request"), _("The request can't be read: its body isn't valid JSON or is cut off.")),
    401: (_("Unauthorized"), _("Send your API key as: Authorization: Bearer KEY.")),
    403: (_("Forbidden"), _("You may not do this.")),
    404: (_("Not found"), _("There is nothing at this address.")),
    405: (_("Method not allowed"), _("This address doesn't take this method; the header Allow names those it takes.")),
    409: (_("Conflict"), _("The present state of the data doesn't allow this; nothing was changed.")),
    413: (_("Too large"), _("The body is too large; send it in parts.")),
    422: (_("Invalid request"), _("Some values don't fit; nothing was changed.")),
    429: (_("Too many requests"), _("Too many requests; wait a little.")),
    500: (_("Internal error"), _("Something went wrong on our side. It is logged under the id in X-Request-ID.")),
    503: (_("Service unavailable"), _("The database is busy or unreachable; nothing was changed. Try again soon.")),
}

_FAULTS = {
    "missing": _("This value is required."),
    "extra_forbidden": _("There is no such field."),
    "none_required": _("This must be empty."),
    "string_type": _("Give a text."),
    "string_unicode": _("This text holds characters that can't be stored."),
    "string_too_short": _("Give at least %(min_length)s characters."),
    "string_too_long": _("Give at most %(max_length)s characters."),
    "string_pattern_mismatch": _("This text doesn't have the right form."),
    "too_short": _("Give at least %(min_length)s entries; there are %(actual_length)s."),
    "too_long": _("Give at most %(max_length)s entries; there are more."),
    "greater_than": _("Give a number above %(gt)s."),
    "greater_than_equal": _("Give %(ge)s or more."),
    "less_than": _("Give a number below %(lt)s."),
    "less_than_equal": _("Give %(le)s or less."),
    "enum": _("Choose one of: %(expected)s."),
    "literal_error": _("Choose one of: %(expected)s."),
    "list_type": _("Give a list."),
    "json_invalid": _("This isn't valid JSON."),
}
# The codes of one kind of value share a beginning: int_type, int_parsing, int_from_float, ...
_KINDS = {
    "int_": _("Give a whole number."),
    "float_": _("Give a number."),
    "decimal_": _('Give a decimal number as text, such as "12.50".'),
    "finite_": _("Give a number."),
    "bool_": _("Give true or false."),
    "datetime_": _("Give a time such as 2026-11-11T00:00:00+08:00."),
    "timezone_": _("Give a time with its offset, such as 2026-11-11T00:00:00+08:00."),
    "date_": _("Give a date such as 2026-11-11."),
    "uuid_": _("Give a UUID."),
    "url_": _("Give a web address."),
    "model_": _("Give an object with named fields."),
    "dict_": _("Give an object with named fields."),
}
_ANY_FAULT = _("This value doesn't fit.")


def status_title(status: int) -> str:
    """The short name of an HTTP status."""
    return str(_STATUSES[status][0])


def status_sentence(status: int) -> str:
    """What an HTTP status means when nothing more is known."""
    return str(_STATUSES[status][1])


def fault_sentence(code: str, facts: dict[str, Any]) -> str:
    """What pydantic's error `code` means; `facts` are its limits. A validator's own sentence passes as it is."""
    if code in ("value_error", "assertion_error") and "error" in facts:
        return str(facts["error"])
    kind = next((sentence for start, sentence in _KINDS.items() if code.startswith(start)), _ANY_FAULT)
    return str(_FAULTS.get(code, kind)) % facts
