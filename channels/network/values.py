"""The kinds of values a network document holds, and how each is written down."""

import re
from collections.abc import Callable
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from core.faults import show

MOST_UNITS = 2**31 - 1
_CONTROL = re.compile(r"[\x00-\x1f]")


class Row(BaseModel):
    """One object of the document; a field it doesn't know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def fault(message: str) -> PydanticCustomError:
    """An error whose sentence is shown as it is."""
    return PydanticCustomError("sentence", "{sentence}", {"sentence": message})


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise fault(_("%(value)s is not a number") % {"value": show(value)})
    try:
        # Through the text: 0.29 in JSON means 0.29, not the nearest binary number.
        number = Decimal(str(value))
    except InvalidOperation:
        raise fault(_("%(value)s is not a number") % {"value": show(value)}) from None
    if not number.is_finite():
        raise fault(_("%(value)s is not a number") % {"value": show(value)})
    return number


def _two_decimals(number: Decimal, value: Any) -> Decimal:
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -2:
        raise fault(_("%(value)s has more than two decimals") % {"value": show(value)})
    return number.quantize(Decimal("0.01"))


def _percent(value: Any) -> Decimal:
    number = _number(value)
    if not 0 <= number <= 100:
        raise fault(_("%(value)s is not between 0 and 100") % {"value": show(value)})
    return _two_decimals(number, value)


def _money(digits: int) -> Callable[[Any], Decimal]:
    def read(value: Any) -> Decimal:
        number = _number(value)
        if number < 0:
            raise fault(_("%(value)s is below 0") % {"value": show(value)})
        if number >= 10 ** (digits - 2):
            raise fault(_("%(value)s is too large") % {"value": show(value)})
        return _two_decimals(number, value)

    return read


def _clean(text: str) -> str:
    if text != text.strip():
        raise fault(_("%(value)s begins or ends with a blank") % {"value": show(text)})
    if _CONTROL.search(text):
        raise fault(_("%(value)s holds a control character") % {"value": show(text)})
    return text


def _moment(value: Any) -> datetime:
    """A date and time; without an offset it is local time."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise fault(
            _("%(value)s is not a date and time such as 2026-11-11T00:00:00+08:00") % {"value": show(value)}
        ) from None
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _clock(value: Any) -> time:
    try:
        clock = time.fromisoformat(value)
    except (TypeError, ValueError):
        clock = None
    if clock is None or clock.tzinfo is not None:
        raise fault(_("%(value)s is not a time such as 16:00") % {"value": show(value)})
    return clock


def _text(least: int, most: int) -> Any:
    return Annotated[str, StringConstraints(min_length=least, max_length=most), AfterValidator(_clean)]


Code = _text(1, 64)
ItemCode = _text(1, 128)
Name = _text(1, 200)
Note = _text(0, 200)
Remark = _text(0, 500)
Short = _text(1, 32)
Label = _text(0, 32)
Units = Annotated[int, Field(strict=True, ge=0, le=MOST_UNITS)]
Count = Annotated[int, Field(strict=True, ge=1, le=MOST_UNITS)]
Whole = Annotated[int, Field(strict=True, ge=-MOST_UNITS, le=MOST_UNITS)]
Flag = Annotated[bool, Field(strict=True)]
Percent = Annotated[Decimal, BeforeValidator(_percent)]
Price = Annotated[Decimal, BeforeValidator(_money(12))]
Fee = Annotated[Decimal, BeforeValidator(_money(10))]
Latitude = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Clock = Annotated[time, BeforeValidator(_clock)]


def percent(value: Decimal) -> int | float:
    """A ratio as the document writes it: 100, 33.33."""
    return int(value) if value == int(value) else float(value)


def plain(value: Any) -> Any:
    """A stored value as JSON holds it: money as text, times in ISO 8601 (moments in local time)."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat()
    if isinstance(value, time):
        return value.isoformat() if value.second or value.microsecond else value.isoformat("minutes")
    return value
