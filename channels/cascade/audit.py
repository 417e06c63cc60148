"""Whether the stored shop quantities are those that the engine computes, for the audit."""

from collections.abc import Sequence

import numpy as np
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy, gettext_noop

from channels.cascade.actions import recompute
from channels.cascade.selectors import compute_numbers
from channels.shops.models import Shop
from core.audit.checks import Check, Found, Violation, register_check
from core.audit.guards import require_triggers
from core.bulk import Int64s
from inventory.catalogue.models import Sku

# SKUs that a worker is yet to compute: marked ones, those beneath a pool that the clock has opened or closed since
# anybody looked, and the bundles of both.
_WAITING = """
WITH waiting AS MATERIALIZED (
    SELECT sku_id FROM inventory_waitingsku
    UNION
    SELECT s.sku_id FROM inventory_pool p
    JOIN inventory_pool_supplies x ON x.pool_id = p.id
    JOIN inventory_supplylink l ON l.supply_id = x.supply_id
    JOIN inventory_stockrow s ON s.functional_id = l.functional_id
    WHERE p.window_open <> ((p.starts_at IS NULL OR p.starts_at <= %s) AND (p.ends_at IS NULL OR p.ends_at > %s))
)
SELECT sku_id FROM waiting
UNION
SELECT b.bundle_id FROM inventory_bundlecomponent b JOIN waiting w ON w.sku_id = b.component_id
"""

# Their triggers tell running processes that the network has changed.
_NETWORK = (
    "channels_share",
    "channels_shop",
    "inventory_category",
    "inventory_functionalwarehouse",
    "inventory_linkoverride",
    "inventory_pool",
    "inventory_pool_supplies",
    "inventory_supply",
    "inventory_supplylink",
    "inventory_warehouse",
    "strategies_strategytoken",
)


def find_wrong_numbers(limit: int) -> Found:
    """Stored shop quantities that aren't the computed ones, of SKUs that nobody is going to compute."""
    stored, computed = compute_numbers()
    wrong = stored.quantity != computed.quantity
    wrong[:, np.isin(stored.sku_ids, find_waiting())] = False
    places = np.argwhere(wrong)[:limit].tolist()
    shops = dict(Shop.objects.values_list("id", "code"))
    skus = dict(Sku.objects.filter(pk__in={int(stored.sku_ids[at]) for _shop, at in places}).values_list("id", "code"))
    violations = []
    for row, at in places:
        sku = int(stored.sku_ids[at])
        facts = {"stored": int(stored.quantity[row, at]), "computed": int(computed.quantity[row, at]), "_sku": sku}
        violations.append(_violation(f"{skus[sku]} @ {shops[stored.shop_ids[row]]}", facts))
    return Found(int(wrong.sum()), violations)


def _violation(where: str, facts: dict[str, int]) -> Violation:
    sentence = gettext_noop("The stored shop quantity is %(stored)d, the computed one %(computed)d.")
    return Violation(where, sentence, facts, gettext_noop("Compute it anew and publish the change."))


def find_waiting() -> Int64s:
    """Ids of the SKUs that a worker is yet to compute."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [now, now])
        return np.array([sku for (sku,) in cursor.fetchall()], np.int64)


def _recompute(violations: Sequence[Violation], _actor: str) -> int:
    return recompute(sorted({violation.facts["_sku"] for violation in violations})).numbers


def register() -> None:
    """Make this check a part of the audit."""
    for table in _NETWORK:
        require_triggers(table, "network_changed", "network_emptied")
    # And these, that a SKU's code or category has.
    require_triggers("inventory_sku", "catalogue_changed", "catalogue_shrunk", "catalogue_emptied")
    require_triggers("inventory_bundlecomponent", "catalogue_changed", "catalogue_emptied")
    title = gettext_lazy("Shop quantities are those that are computed")
    # What lies at a place whose configuration changes is marked once more just after the change.
    register_check(Check("shop-quantities", title, find_wrong_numbers, _recompute, settles=True))
