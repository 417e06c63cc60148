"""Which decisions have to be written."""

from dataclasses import dataclass

import numpy as np

from core.bulk import Int64s
from inventory.supply.rules import NONE, find_columns


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """Which version decides each cell of a kind now."""

    kind: str
    place_ids: Int64s  # [P]
    sku_ids: Int64s  # [N] ascending; a single 0 where the kind decides about places as wholes
    version: Int64s  # [P, N] ids, NONE where no strategy decides


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Cells whose version isn't the one on record: arrays of equal length."""

    place_id: Int64s
    sku_id: Int64s
    version: Int64s  # ids, NONE for cells that no strategy decides any more


def compare(decisions: Decisions, place_id: Int64s, sku_id: Int64s, version: Int64s, *, close: bool) -> Changes:
    """What differs from the open records. With `close`, those of other places and SKUs than the cells' are over."""
    row = find_columns(decisions.place_ids, place_id)
    column = find_columns(decisions.sku_ids, sku_id)
    known = (row != NONE) & (column != NONE)
    stored = np.full(decisions.version.shape, NONE, np.int64)
    stored[row[known], column[known]] = version[known]
    places, columns = np.nonzero(stored != decisions.version)
    gone = np.flatnonzero(~known) if close else np.empty(0, np.int64)
    return Changes(
        place_id=np.concatenate([decisions.place_ids[places], place_id[gone]]),
        sku_id=np.concatenate([decisions.sku_ids[columns], sku_id[gone]]),
        version=np.concatenate([decisions.version[places, columns], np.full(gone.size, NONE, np.int64)]),
    )
