"""Lists by cursor: a page starts after the last item seen, so rows written meanwhile shift nothing."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import orjson
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, Model, Q, QuerySet
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import Field as Value

from core.errors import FieldError, InvalidInput

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000

Item = TypeVar("Item")
Row = TypeVar("Row")
Entity = TypeVar("Entity", bound=Model)


class PageQuery(Schema):
    """The query of a list: `page: Query[PageQuery]`, or a base class of the list's own filters."""

    limit: int = Value(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="How many items at most.")
    cursor: str | None = Value(None, description="`next` of the page before.")


class Page(Schema, Generic[Item]):
    """What a list answers: `response=Page[StockRow]`."""

    items: list[Item]
    next: str | None = Value(description="The cursor of the next page, or null on the last one.")


def cursor_page(
    queryset: QuerySet[Entity, Row], limit: int, cursor: str | None, order: Sequence[str] = ("id",)
) -> tuple[list[Row], str | None]:
    """One page of `queryset` in `order`, and the cursor of the next page or None.

    `order` names non-null fields that together are unique, `-` for descending, `__` through relations;
    of a `.values()` queryset they must be among the values. A limit outside 1 to 1000 or a foreign cursor
    is `InvalidInput`.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise _invalid("limit", _("The limit must be between 1 and 1000."))
    if cursor:
        queryset = queryset.filter(_after(queryset.model, order, _decode(queryset.model, order, cursor)))
    rows = list(queryset.order_by(*order)[: limit + 1])
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], _encode(order, rows[limit - 1])


def _after(model: type[Model], order: Sequence[str], values: Sequence[Any]) -> Q:
    """`(a, b) > (x, y)` for mixed directions; the leading bound is what an index can use."""
    names = [name.removeprefix("-") for name in order]
    beyond = ["lt" if name.startswith("-") else "gt" for name in order]
    condition = Q()
    for index, (name, way) in enumerate(zip(names, beyond, strict=True)):
        same = dict(zip(names[:index], values, strict=False))
        condition |= Q(**same, **{f"{name}__{way}": values[index]})
    return Q(**{f"{names[0]}__{beyond[0]}e": values[0]}) & condition


def _encode(order: Sequence[str], row: Any) -> str:
    values = [_value(row, name.removeprefix("-")) for name in order]
    return base64.urlsafe_b64encode(orjson.dumps([list(order), values], default=str)).decode().rstrip("=")


def _value(row: Any, path: str) -> Any:
    if isinstance(row, dict):
        return row[path]
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def _decode(model: type[Model], order: Sequence[str], cursor: str) -> list[Any]:
    try:
        written, values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if written != list(order) or "\0" in "".join(map(str, values)):
            raise _unknown_cursor()
        return [_field(model, name).to_python(value) for name, value in zip(order, values, strict=True)]
    except (binascii.Error, UnicodeError, ValueError, TypeError, ValidationError) as fault:
        raise _unknown_cursor() from fault


def _field(model: type[Model], path: str) -> "Field[Any, Any]":
    found: Any = None
    for name in path.removeprefix("-").split("__"):
        found = model._meta.get_field(name)  # noqa: SLF001
        model = found.related_model or model
    if not isinstance(found, Field):
        raise FieldDoesNotExist(path)
    return found


def _unknown_cursor() -> InvalidInput:
    return _invalid("cursor", _("This cursor isn't one of this list; start again without it."))


def _invalid(path: str, sentence: str) -> InvalidInput:
    return InvalidInput(sentence, [FieldError(path, sentence)])
