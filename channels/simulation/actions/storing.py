"""Writes the rows of a result, band by band."""

from collections.abc import Callable, Sequence

import numpy as np
from django.db import connection

from channels.simulation.models import SimulatedNumber, SimulatedTarget
from channels.simulation.rules.compare import Numbers, Targets
from core.bulk import Int64s, Ints, copy_numbers

BAND = 250_000  # rows that are copied at once

_CREATE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS simulated_rows (thing_id bigint, shop_id bigint, version_before bigint,
    version_after bigint, before integer, after integer, change integer) ON COMMIT DELETE ROWS
"""
_NUMBERS = """
    INSERT INTO channels_simulatednumber (simulation_id, sku_id, shop_id, before, after, version_before, version_after)
    SELECT %s, thing_id, shop_id, before, after, nullif(version_before, 0), nullif(version_after, 0)
    FROM simulated_rows
"""
_TARGETS = """
    INSERT INTO channels_simulatedtarget (
        simulation_id, listing_id, shop_id, before, after, version_before, version_after, change)
    SELECT %s, thing_id, shop_id, nullif(before, -1), nullif(after, -1), nullif(version_before, 0),
           nullif(version_after, 0), (ARRAY['moved', 'opened', 'closed'])[change + 1]
    FROM simulated_rows
"""


def store_rows(simulation_id: int, numbers: Numbers, targets: Targets, done: Callable[[float], object] = float) -> None:
    """Put these rows in the place of the simulation's earlier ones; `done` hears which part of them is written."""
    SimulatedNumber.objects.filter(simulation=simulation_id).delete()
    SimulatedTarget.objects.filter(simulation=simulation_id).delete()
    tables = [
        (_NUMBERS, _columns(numbers.sku_id, numbers, np.zeros_like(numbers.before))),
        (_TARGETS, _columns(targets.listing_id, targets, targets.change)),
    ]
    total, written = numbers.sku_id.size + targets.listing_id.size, 0
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        for insert, columns in tables:
            for low in range(0, columns[0].size, BAND):
                band = [column[low : low + BAND] for column in columns]
                copy_numbers("simulated_rows", *band)
                cursor.execute(insert, [simulation_id])
                cursor.execute("TRUNCATE simulated_rows")
                written += band[0].size
                done(written / total)


def _columns(things: Int64s, rows: Numbers | Targets, change: Int64s) -> Sequence[Ints]:
    small = (rows.before, rows.after, change)
    return [
        things,
        rows.shop_id,
        rows.version_before,
        rows.version_after,
        *(column.astype(np.int32) for column in small),
    ]
