"""Safety stock of single stock rows."""

import logging
from collections.abc import Iterator, Mapping, Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _

from inventory.ledger.actions.faults import Fault, bundle_sku, refuse_batch, unknown_functional, unknown_sku
from inventory.ledger.actions.locks import lock_stock_rows
from inventory.ledger.actions.marks import mark_skus
from inventory.ledger.arrays import int_array, key_arrays, unnest
from inventory.ledger.rules import MAX_UNITS, RowKey, SafetyStock
from inventory.ledger.selectors import FunctionalRef, SkuRef, find_functionals, find_skus

log = logging.getLogger(__name__)

_SET = f"""
UPDATE inventory_stockrow s
SET safety_stock = k.units, version = s.version + 1, updated_at = statement_timestamp()
FROM {unnest("bigint", "bigint", "int")} AS k(sku_id, functional_id, units)
WHERE s.sku_id = k.sku_id AND s.functional_id = k.functional_id AND s.safety_stock IS DISTINCT FROM k.units
RETURNING s.sku_id
"""


@transaction.atomic
def set_safety_stock(levels: Sequence[SafetyStock], *, actor: str, within: str = "") -> int:
    """Give stock rows a safety stock of their own, or take it away (None); the number of rows that changed.

    Rows that don't exist are made. All or nothing: `InvalidInput` names what doesn't fit. Of two levels for one
    row the later counts.
    """
    skus = find_skus(level.sku for level in levels)
    functionals = find_functionals({level.functional for level in levels}, within)
    refuse_batch(
        "levels",
        [
            Fault(position, *fault)
            for position, level in enumerate(levels)
            for fault in _check(level, skus, functionals)
        ],
    )
    wanted: dict[RowKey, int | None] = {
        (skus[level.sku].id, functionals[level.functional].id): level.units for level in levels
    }
    with connection.cursor() as cursor:
        lock_stock_rows(cursor, wanted, create=[row for row, units in wanted.items() if units is not None])
        cursor.execute(_SET, [*key_arrays(wanted), int_array(wanted.values())])
        changed = [sku for (sku,) in cursor.fetchall()]
    mark_skus(changed)
    log.info("%s set the safety stock of %d stock rows", actor, len(changed))
    return len(changed)


def _check(
    level: SafetyStock, skus: Mapping[str, SkuRef], functionals: Mapping[str, FunctionalRef]
) -> Iterator[tuple[str, str]]:
    sku = skus.get(level.sku)
    if sku is None:
        yield "sku", unknown_sku(level.sku)
    elif sku.is_bundle:
        yield "sku", bundle_sku(level.sku)
    if level.functional not in functionals:
        yield "functional", unknown_functional(level.functional)
    if level.units is not None and not 0 <= level.units <= MAX_UNITS:
        yield (
            "units",
            _("%(value)d isn't a number of units from 0 to %(max)d.")
            % {
                "value": level.units,
                "max": MAX_UNITS,
            },
        )
