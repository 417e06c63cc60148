"""What is wrong with a file as a whole, and with single cells of it."""

from dataclasses import asdict, dataclass
from typing import Any

from core.errors import InvalidInput


class SheetRefused(InvalidInput):
    """The file can't be read as this sheet at all; the sentence says why and what to do."""


class BadCell(ValueError):
    """One cell doesn't fit its column; the message is the sentence for the user."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One faulty cell: `row` as the user's program counts it (from 1), `column` the header in the user's file.

    An empty `column` means the whole row.
    """

    row: int
    column: str
    value: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """The fault as it is kept with a job."""
        return asdict(self)
