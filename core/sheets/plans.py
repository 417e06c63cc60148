"""What an import would do: counted, shown in part, and recognisable when it is confirmed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.sheets.faults import Fault

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the preview: what it is about and, by column title, the value before (None: new) and after."""

    row: int
    key: str
    new: bool
    cells: Sequence[tuple[str, str, str]]

    def as_json(self) -> dict[str, Any]:
        """The change as it is kept with a job."""
        return {"row": self.row, "key": self.key, "new": self.new, "cells": [list(cell) for cell in self.cells]}


@dataclass(slots=True)
class Plan:
    """The outcome of validating a file; `writes` is what the sheet's own `write` takes.

    `token` changes whenever the same file would do something else, because the data moved meanwhile.
    """

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    changes: list[Change] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    writes: Any = None
    token: str = ""

    def as_json(self) -> dict[str, Any]:
        """What the preview page shows."""
        return {
            "rows": self.rows,
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "changes": [change.as_json() for change in self.changes[:SHOWN]],
            "faults": [fault.as_json() for fault in self.faults[:SHOWN]],
            "fault_count": len(self.faults),
            "faulty_rows": len({fault.row for fault in self.faults}),
            "token": self.token,
        }


class Fingerprint:
    """Condenses what an import finds and would write into a short token."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
        """Take one change in, in the order of the file."""
        self._hash.update(repr((before and sorted(before.items()), sorted(after.items()))).encode())

    def token(self) -> str:
        """The token."""
        return self._hash.hexdigest()[:32]
