"""What shops have sold of late, for dividing stock by demand."""

from collections.abc import Sequence

import numpy as np

from core.bulk import Int64s, allow_memory, read_columns
from inventory.supply.selectors import one_snapshot

_VELOCITY = """
    SELECT string_agg(int8send(shop_id), ''::bytea), string_agg(int8send(sku_id), ''::bytea),
           string_agg(int8send(units_30), ''::bytea)
    FROM channels_shopvelocity WHERE {where}
"""


def load_velocity(sku_ids: Sequence[int] | Int64s | None = None) -> tuple[Int64s, Int64s, Int64s]:
    """(shop ids, SKU ids, units in 30 days) of these SKUs (all by default), an entry for each shop that sold any.

    They change only when the figures are refreshed, which marks the SKUs they have changed for.
    """
    with one_snapshot():
        if sku_ids is None:
            allow_memory()
            shops, skus, units = read_columns(_VELOCITY.format(where="TRUE"), {})
        else:
            wanted = np.asarray(sku_ids, np.int64).tolist()
            shops, skus, units = read_columns(_VELOCITY.format(where="sku_id = ANY(%(wanted)s)"), {"wanted": wanted})
    return shops, skus, units
