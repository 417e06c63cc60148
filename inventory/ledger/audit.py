"""What must be true of stock rows, ledger and holds at every moment, for the audit."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy, gettext_noop

from core.audit.checks import Check, Found, Violation, find_wrong, register_check
from core.audit.guards import require_triggers
from inventory.ledger.actions.repairs import compensate_ledger, settle_allocated
from inventory.ledger.rules import MAX_UNITS

# Names what has no name any more by its id.
_NAMES = """
    coalesce(k.code, '#' || w.sku_id) || ' @ ' || coalesce(f.code, '#' || w.functional_id) AS place
    FROM {wrong} w
    LEFT JOIN inventory_sku k ON k.id = w.sku_id
    LEFT JOIN inventory_functionalwarehouse f ON f.id = w.functional_id
"""

_OVERHELD = f"""
SELECT w.sku_id, w.functional_id, w.on_hand, w.allocated, {_NAMES.format(wrong="inventory_stockrow")}
WHERE w.allocated > w.on_hand OR w.allocated < 0 OR w.on_hand < 0
ORDER BY w.sku_id, w.functional_id
"""

# One pass over the ledger: the newest entry's id and its balance travel in one number, which is the largest. Up to
# 8 billion entries have room in it; beyond them the query fails instead of being wrong.
_NEWEST_BALANCE = "max((id - 4294967296) * 2147483648 + balance) & 2147483647"

_LEDGER = f"""
WITH wrong AS (
    SELECT coalesce(s.sku_id, l.sku_id) AS sku_id, coalesce(s.functional_id, l.functional_id) AS functional_id,
        s.on_hand, coalesce(l.units, 0)::bigint AS units, l.balance
    FROM inventory_stockrow s
    FULL JOIN (
        SELECT sku_id, functional_id, sum(quantity) AS units, {_NEWEST_BALANCE} AS balance
        FROM inventory_ledgerentry GROUP BY sku_id, functional_id
    ) l ON l.sku_id = s.sku_id AND l.functional_id = s.functional_id
    WHERE s.id IS NULL OR s.on_hand <> coalesce(l.units, 0) OR l.balance <> s.on_hand
)
SELECT w.*, k.id IS NOT NULL AND f.id IS NOT NULL AS known, {_NAMES.format(wrong="wrong")}
ORDER BY w.sku_id, w.functional_id
"""

_HELD = f"""
WITH held AS (
    SELECT sku_id, functional_id, sum(quantity)::bigint AS units FROM inventory_hold
    WHERE closed_at IS NULL GROUP BY sku_id, functional_id
), wrong AS (
    SELECT coalesce(s.sku_id, h.sku_id) AS sku_id, coalesce(s.functional_id, h.functional_id) AS functional_id,
        s.on_hand, coalesce(s.allocated, 0) AS allocated, coalesce(h.units, 0) AS units
    FROM inventory_stockrow s
    FULL JOIN held h ON h.sku_id = s.sku_id AND h.functional_id = s.functional_id
    WHERE coalesce(s.allocated, 0) <> coalesce(h.units, 0)
)
SELECT w.*, (
    SELECT string_agg('#' || n.id || ' (' || n.quantity || ')', ', ')
    FROM (
        SELECT h.id, h.quantity FROM inventory_hold h
        WHERE h.sku_id = w.sku_id AND h.functional_id = w.functional_id AND h.closed_at IS NULL
        ORDER BY h.provisional OR h.kind = 'manual' DESC, h.id DESC LIMIT 3
    ) n
) AS newest, {_NAMES.format(wrong="wrong")}
ORDER BY w.sku_id, w.functional_id
"""

_SOURCES = f"""
SELECT w.id, w.kind, w.sku_id, w.functional_id, {_NAMES.format(wrong="inventory_hold")}
WHERE (w.kind = 'manual') <> (w.source_id IS NULL) OR (w.kind = 'manual' AND w.provisional)
ORDER BY w.id
"""


def find_overheld(limit: int) -> Found:
    """Stock rows that hold more than they have, or a negative number."""
    sentence = gettext_noop("%(allocated)d are held of %(on_hand)d on hand. Release some of the holds.")
    return find_wrong(_OVERHELD, limit, lambda row: _violation(row, sentence, "", "on_hand", "allocated"))


def find_wrong_ledgers(limit: int) -> Found:
    """Stock rows that differ from the sum of their entries or from the last balance, and ledgers without a row."""
    return find_wrong(_LEDGER, limit, _describe_ledger)


def find_wrong_allocated(limit: int) -> Found:
    """Stock rows whose `allocated` isn't the sum of their open holds, and open holds without a row."""
    return find_wrong(_HELD, limit, _describe_held)


def find_wrong_sources(limit: int) -> Found:
    """Manual holds that belong to something, and others that belong to nothing."""
    sentence = gettext_noop("Hold %(id)d: a manual hold belongs to nothing else, any other belongs to a reservation.")
    return find_wrong(_SOURCES, limit, lambda row: _violation(row, sentence, "", "id"))


def _describe_ledger(row: dict[str, Any]) -> Violation:
    fits = row["known"] and abs((row["on_hand"] or 0) - row["units"]) <= MAX_UNITS
    if row["on_hand"] is None:
        sentence = gettext_noop("The ledger has entries of %(units)d units in all, but there is no stock row.")
        proposal = gettext_noop("Make the stock row from its ledger, with %(units)d on hand.")
        return _violation(row, sentence, proposal if fits and row["units"] >= 0 else "", "units")
    if row["on_hand"] != row["units"]:
        sentence = gettext_noop("%(on_hand)d on hand, but the entries of the ledger add up to %(units)d.")
        proposal = gettext_noop(
            "Write a ledger entry of %(difference)+d units, so that the ledger says %(on_hand)d too."
        )
        row["difference"] = row["on_hand"] - row["units"]
        return _violation(row, sentence, proposal if fits else "", "on_hand", "units", "difference")
    sentence = gettext_noop("%(on_hand)d on hand, but the last entry of the ledger states a balance of %(balance)d.")
    proposal = gettext_noop("Write two ledger entries, +1 and −1, that end with the balance %(on_hand)d.")
    return _violation(row, sentence, proposal if row["on_hand"] < MAX_UNITS else "", "on_hand", "balance")


def _describe_held(row: dict[str, Any]) -> Violation:
    if row["on_hand"] is None:
        sentence = gettext_noop(
            "Open holds of %(units)d units, but there is no stock row. Release the holds: %(newest)s."
        )
        return _violation(row, sentence, "", "units", "newest")
    if row["units"] > row["on_hand"]:
        sentence = gettext_noop(
            "%(allocated)d are allocated, open holds have %(units)d, and only %(on_hand)d are on hand. "
            "Release some of the holds first, for example %(newest)s."
        )
        return _violation(row, sentence, "", "on_hand", "allocated", "units", "newest")
    sentence = gettext_noop("%(allocated)d are allocated, but the open holds have %(units)d.")
    proposal = gettext_noop("Set allocated to %(units)d.")
    return _violation(row, sentence, proposal, "allocated", "units")


def _violation(row: dict[str, Any], sentence: str, proposal: str, *named: str) -> Violation:
    """With the row's values of the `named` facts, and its key for the repair."""
    facts = {name: row[name] for name in named}
    facts |= {"_sku": row["sku_id"], "_functional": row["functional_id"]}
    return Violation(row["place"], sentence, facts, proposal)


def _keys(violations: Sequence[Violation]) -> list[tuple[int, int]]:
    return [(violation.facts["_sku"], violation.facts["_functional"]) for violation in violations]


def register() -> None:
    """Make these checks a part of the audit."""
    require_triggers("inventory_ledgerentry", "ledger_no_change", "ledger_no_truncate")
    register_check(
        Check("held-within-on-hand", gettext_lazy("Nothing is held that isn't there"), find_overheld),
    )
    register_check(
        Check(
            "on-hand-is-ledger",
            gettext_lazy("On hand is the sum of the ledger"),
            find_wrong_ledgers,
            lambda violations, actor: compensate_ledger(_keys(violations), actor=actor),
        )
    )
    register_check(
        Check(
            "allocated-is-holds",
            gettext_lazy("Allocated is the sum of the open holds"),
            find_wrong_allocated,
            lambda violations, actor: settle_allocated(_keys(violations), actor=actor),
        )
    )
    register_check(Check("hold-sources", gettext_lazy("Every hold belongs where its kind says"), find_wrong_sources))
