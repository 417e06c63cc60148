"""Whether the record of what allocation strategies decide is true, for the audit."""

from collections.abc import Sequence

import numpy as np
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy, gettext_noop

from channels.allocation.rules import ALLOCATION
from channels.cascade.actions import recompute
from channels.cascade.audit import find_waiting
from channels.cascade.selectors import compute_numbers
from channels.decisions.models import Decision
from channels.decisions.selectors import find_changes
from core.audit.checks import Check, Found, Violation, register_check
from core.audit.guards import require_triggers
from core.bulk import Int64s
from inventory.catalogue.models import Sku
from inventory.ledger.models import StockRow
from inventory.supply.models import Pool
from inventory.supply.rules import NONE
from strategies.models import StrategyVersion

NOBODY = "–"


def find_wrong_decisions(limit: int) -> Found:
    """Pools and SKUs that are decided by another version than the one on record, of SKUs that nobody will compute."""
    _stored, computed = compute_numbers()
    changes = find_changes(computed.decisions, everything=True)
    wrong = np.flatnonzero(~np.isin(changes.sku_id, find_waiting()))
    wrong = wrong[np.isin(changes.sku_id[wrong], _find_computed(changes.sku_id[wrong]))]
    some = wrong[:limit]
    pools = dict(Pool.objects.values_list("id", "code"))
    skus = dict(Sku.objects.filter(pk__in=changes.sku_id[some].tolist()).values_list("id", "code"))
    versions = StrategyVersion.objects.select_related("strategy").in_bulk(np.unique(changes.version[some]).tolist())
    violations = []
    for at in some.tolist():
        pool, sku, version = int(changes.place_id[at]), int(changes.sku_id[at]), int(changes.version[at])
        facts = {"version": NOBODY if version == NONE else str(versions[version]), "_sku": sku}
        where = f"{skus.get(sku, sku)} @ {pools.get(pool, pool)}"
        sentence = gettext_noop("The pool is decided by %(version)s, but not so on record.")
        violations.append(Violation(where, sentence, facts, gettext_noop("Compute it anew and put it on record.")))
    return Found(int(wrong.size), violations)


def _find_computed(sku_ids: Int64s) -> Int64s:
    """Those of the SKUs that have ever been computed: nothing is on record of a SKU that is new."""
    this = OuterRef("pk")
    known = Exists(StockRow.objects.filter(sku=this)) | Exists(Decision.objects.filter(kind=ALLOCATION, sku_id=this))
    found = Sku.objects.filter(known, pk__in=np.unique(sku_ids).tolist()).values_list("pk", flat=True)
    return np.array(list(found), np.int64)


def _recompute(violations: Sequence[Violation], _actor: str) -> int:
    skus = sorted({violation.facts["_sku"] for violation in violations})
    recompute(skus)
    return len(skus)


def register() -> None:
    """Make this check a part of the audit."""
    require_triggers("inventory_sku", "decisions_end")
    require_triggers("inventory_pool", "decisions_end")
    title = gettext_lazy("The record of what allocation strategies decide is true")
    # As of shop quantities: what changes while it is looked at is marked once more just after.
    register_check(Check("allocation-decisions", title, find_wrong_decisions, _recompute, settles=True))
