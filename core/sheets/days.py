"""The column of a day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.sheets.cells import Cell, as_text
from core.sheets.columns import Column
from core.sheets.faults import BadCell

_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Column):
    """A day, as a date cell or as a text with the year first, which nobody reads in two ways."""

    kind: ClassVar[Any] = gettext_lazy("day, such as 2026-11-22")

    def parse(self, cell: Cell) -> date:
        """The day; BadCell for anything else, and for a moment within a day."""
        if isinstance(cell, datetime):
            if (cell.hour, cell.minute, cell.second) == (0, 0, 0):
                return cell.date()
        elif isinstance(cell, date):
            return cell
        else:
            for form in _FORMATS:
                try:
                    return datetime.strptime(as_text(cell).strip(), form).date()  # noqa: DTZ007 — a day has no zone
                except ValueError:
                    continue
        raise BadCell(_("“%(value)s” is not a day; write it as 2026-11-22.") % {"value": as_text(cell)})

    def write(self, value: Any) -> str | int | float:
        """The day as a text."""
        return "" if value is None else value.isoformat()
