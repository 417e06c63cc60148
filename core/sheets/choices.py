"""Columns that take one of a few words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.sheets.cells import Cell, as_text
from core.sheets.columns import Column
from core.sheets.faults import BadCell


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Column):
    """One of a few words: the code or its label in any language of the product."""

    options: Sequence[tuple[str, Any]]
    kind: ClassVar[Any] = gettext_lazy("choice")

    def parse(self, cell: Cell) -> str:
        """The code of the choice."""
        word = as_text(cell).strip().casefold()
        for code, label in self.options:
            if word == code.casefold() or word in _labels(label):
                return code
        raise BadCell(
            _("“%(value)s” is not one of: %(choices)s.")
            % {"value": as_text(cell), "choices": ", ".join(self.choices())}
        )

    def write(self, value: Any) -> str | int | float:
        """The label."""
        return str(dict(self.options).get(value, value or ""))

    def choices(self) -> list[str]:
        """The labels."""
        return [str(label) for _code, label in self.options]


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNo(Column):
    """Yes or no."""

    blank: Any = False
    kind: ClassVar[Any] = gettext_lazy("yes or no")
    words: ClassVar[dict[str, bool]] = {
        **dict.fromkeys(("yes", "y", "true", "1", "是", "真", "启用"), True),
        **dict.fromkeys(("no", "n", "false", "0", "否", "假", "停用"), False),
    }

    def parse(self, cell: Cell) -> bool:
        """True for yes."""
        answer = self.words.get(as_text(cell).strip().casefold())
        if answer is None:
            raise BadCell(_("“%(value)s” is neither yes nor no.") % {"value": as_text(cell)})
        return answer

    def write(self, value: Any) -> str | int | float:
        """Yes or no in the language of the moment."""
        if value is None:
            return ""
        yes, no = self.choices()
        return yes if value else no

    def choices(self) -> list[str]:
        """Yes and no."""
        return ["是", "否"] if (translation.get_language() or "").startswith("zh") else ["yes", "no"]


def _labels(label: Any) -> set[str]:
    words = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            words.add(str(label).casefold())
    return words
