"""The columns of a sheet: how a cell becomes a value and how a value is written back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.sheets.cells import (
    DANGEROUS,
    LARGEST,
    Cell,
    as_text,
    check_range,
    escaped,
    is_blank,
    number_in,
    plain_number,
    unescaped,
)
from core.sheets.faults import BadCell


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: `header` in English and `chinese`, both accepted in any file, letters in either case.

    `field` is the model's field that is read, `attname` the one that is written (default: both `name`).
    `blank` is the value an empty cell stands for; a required column takes no empty cell.
    """

    name: str
    header: str
    chinese: str
    required: bool = False
    help: Any = ""
    example: Any = ""
    blank: Any = None
    field: str = ""
    attname: str = ""
    kind: ClassVar[Any] = gettext_lazy("text")

    @property
    def source(self) -> str:
        """The model's field this column shows."""
        return self.field or self.name

    @property
    def target(self) -> str:
        """The model's field this column sets."""
        return self.attname or self.name

    def title(self) -> str:
        """The header in the language of the moment."""
        return self.chinese if (translation.get_language() or "").startswith("zh") else self.header

    def parse(self, cell: Cell) -> Any:
        """The value of a cell that isn't blank; BadCell if it doesn't fit."""
        raise NotImplementedError

    def parse_all(self, cells: Sequence[Cell]) -> tuple[list[Any], dict[int, str]]:
        """Values of a whole column, and sentences by index where there is none."""
        values: list[Any] = []
        wrong: dict[int, str] = {}
        for index, cell in enumerate(cells):
            value = self.blank
            try:
                if not is_blank(cell):
                    value = self.parse(cell)
                elif self.required:
                    wrong[index] = _("“%(column)s” may not be empty.") % {"column": self.title()}
            except BadCell as error:
                wrong[index] = str(error)
            values.append(value)
        return values, wrong

    def write(self, value: Any) -> str | int | float:
        """The cell for a value, such that importing it gives the value again."""
        return "" if value is None else escaped(str(value))

    def choices(self) -> list[str]:
        """The only texts allowed, in the language of the moment; empty when anything goes."""
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Column):
    """A text without anything a spreadsheet would run."""

    max_length: int = 200

    def parse(self, cell: Cell) -> str:
        """The stripped text."""
        text = as_text(cell)
        if text.startswith(DANGEROUS) or text.lstrip(" ").startswith(DANGEROUS):
            raise BadCell(
                _("A text may not begin with “%(sign)s”: programs run it as a formula.")
                % {"sign": text.strip(" ")[:1].replace("\t", "⇥").replace("\r", "↵")}
            )
        text = unescaped(text.strip())
        if len(text) > self.max_length:
            raise BadCell(_("The text is longer than %(limit)s characters.") % {"limit": self.max_length})
        if "\x00" in text:
            raise BadCell(_("The text holds a character that can't be stored."))
        return text

    def parse_all(self, cells: Sequence[Cell]) -> tuple[list[Any], dict[int, str]]:
        """As `Column.parse_all`; a column of harmless texts, the usual case, is taken as it is."""
        if set(map(type, cells)) == {str}:
            texts = [cell.strip(" ") for cell in cells]  # type: ignore[union-attr]
            suspicious = any(not t or t[0] in "=+-@\t\r\n'" or len(t) > self.max_length for t in texts)
            if not suspicious and "\x00" not in "".join(texts):
                return texts, {}
        return super(Text, self).parse_all(cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Code(Text):
    """The code of something that exists; `lookup(codes, user)` gives the ids of those that do.

    `noun` names the thing in sentences ("SKU").
    """

    lookup: Callable[[set[str], Any], dict[str, int]]
    noun: Any
    max_length: int = 64
    kind: ClassVar[Any] = gettext_lazy("code")

    @property
    def source(self) -> str:
        """The code of the related object."""
        return self.field or f"{self.name}__code"

    @property
    def target(self) -> str:
        """The foreign key."""
        return self.attname or f"{self.name}_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Column):
    """A whole number within limits."""

    minimum: int = 0
    maximum: int = LARGEST
    kind: ClassVar[Any] = gettext_lazy("whole number")

    def parse(self, cell: Cell) -> int:
        """The number."""
        number = number_in(cell)
        if number != number.to_integral_value():
            raise BadCell(_("%(value)s is not a whole number.") % {"value": as_text(cell)})
        check_range(number, self.minimum, self.maximum)
        return int(number)

    def parse_all(self, cells: Sequence[Cell]) -> tuple[list[Any], dict[int, str]]:
        """As `Column.parse_all`; XLSX delivers floats, so a column of good ones needs no look at each."""
        if cells and set(map(type, cells)) <= {float, int}:
            low, high = min(cells), max(cells)  # type: ignore[type-var]
            if low >= self.minimum and high <= self.maximum:  # type: ignore[operator]
                numbers = [int(cell) for cell in cells]  # type: ignore[arg-type]
                if numbers == list(cells):
                    return numbers, {}
        return super(Whole, self).parse_all(cells)

    def write(self, value: Any) -> str | int | float:
        """The number itself."""
        return "" if value is None else int(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Column):
    """A decimal number that isn't negative, with at most `places` decimals."""

    places: int = 2
    maximum: Decimal = Decimal("9999999999.99")
    kind: ClassVar[Any] = gettext_lazy("number")

    def parse(self, cell: Cell) -> Decimal:
        """The number, exact."""
        number = number_in(cell)
        check_range(number, 0, self.maximum)
        rounded = round(number, self.places)
        if rounded != number:
            raise BadCell(
                _("%(value)s has more than %(places)s decimals.") % {"value": as_text(cell), "places": self.places}
            )
        return rounded

    def write(self, value: Any) -> str | int | float:
        """The number; two decimals survive the way through a float."""
        return "" if value is None else plain_number(Decimal(value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Percent(Number):
    """A percentage from 0 to 100.

    A cell formatted as a percentage arrives as a fraction, so a bare number above 0 and up to 1 can
    mean two things and is refused.
    """

    maximum: Decimal = Decimal(100)
    kind: ClassVar[Any] = gettext_lazy("percentage from 0 to 100")

    def parse(self, cell: Cell) -> Decimal:
        """The percentage."""
        if isinstance(cell, float | int) and 0 < cell <= 1:
            texts = {"value": as_text(cell), "one": f"{cell:g}%", "two": f"{cell * 100:g}%"}
            raise BadCell(
                _("%(value)s can mean %(one)s or %(two)s. Format the cell as text and write one of them.") % texts
            )
        return super(Percent, self).parse(
            cell.strip().removesuffix("%").removesuffix("％") if isinstance(cell, str) else cell
        )

    def write(self, value: Any) -> str | int | float:
        """The number, or a text with a percent sign where a number could be misread."""
        if value is None:
            return ""
        plain = plain_number(Decimal(value))
        return f"{plain}%" if 0 < plain <= 1 else plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Text):
    """Several short texts in one cell, divided by commas or semicolons."""

    blank: Any = field(default_factory=list)
    kind: ClassVar[Any] = gettext_lazy("texts divided by commas")

    def parse(self, cell: Cell) -> Any:
        """The texts in order, each once."""
        text = as_text(cell)
        for sign in ("，", ";", "；", "、"):
            text = text.replace(sign, ",")
        words = [Text.parse(self, word) for word in text.split(",") if word.strip()]
        return list(dict.fromkeys(words))

    def parse_all(self, cells: Sequence[Cell]) -> tuple[list[Any], dict[int, str]]:
        """Each cell by itself."""
        return Column.parse_all(self, cells)

    def write(self, value: Any) -> str | int | float:
        """The texts with commas between."""
        return ", ".join(escaped(word) for word in value or ())
