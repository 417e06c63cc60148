"""Absolute counts: a stock row becomes what was counted, and the ledger gets the difference.

One statement locks the rows that differ, changes them, writes their entries and marks, and answers the
conflicts; nothing travels through Python but those. Rows that are as counted aren't even locked: the count
simply happened at the moment it was compared.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from core.bulk import allow_memory
from core.errors import InvalidInput
from inventory.ledger.actions.faults import (
    Fault,
    RowResult,
    bundle_sku,
    refuse_batch,
    row_results,
    unknown_functional,
    unknown_sku,
)
from inventory.ledger.actions.holders import describe_held_count
from inventory.ledger.actions.locks import CREATE_ROWS
from inventory.ledger.actions.marks import MARK, nudge_recompute
from inventory.ledger.arrays import int_array, unnest
from inventory.ledger.rules import MAX_UNITS, Count, Level, RowKey
from inventory.ledger.selectors import find_codes, find_functionals, find_open_holds, find_skus

_ARRAYS = (
    unnest("bigint", "bigint", "int", "int") + " WITH ORDINALITY AS k(sku_id, functional_id, on_hand, expected, place)"
)

# A row that is expected to be there is made too, so that the statement below finds it and answers the conflict.
_CREATE_IF = "k.on_hand > 0 OR k.expected > 0"

_COUNT = """
WITH counted AS MATERIALIZED (
    SELECT s.id, k.place, s.sku_id, s.functional_id, k.on_hand, s.on_hand AS before, s.allocated,
        k.expected IS DISTINCT FROM s.on_hand AND k.expected IS NOT NULL AS moved
    FROM {source}
    JOIN inventory_stockrow s ON s.sku_id = k.sku_id AND s.functional_id = k.functional_id
    WHERE s.on_hand <> k.on_hand OR s.on_hand <> k.expected
    ORDER BY s.sku_id, s.functional_id
    FOR UPDATE OF s
), changed AS (
    UPDATE inventory_stockrow s
    -- Both as locked: the statement's own look at the row may be older, and the CHECKs would judge that look first.
    SET on_hand = c.on_hand, allocated = c.allocated, version = s.version + 1, updated_at = statement_timestamp()
    FROM counted c WHERE s.id = c.id AND NOT c.moved AND c.on_hand >= c.allocated
        -- Locks every row before any changes: a row counted twice would else hide its second count by its first.
        AND (SELECT count(*) FROM counted) > 0
    RETURNING s.sku_id, s.functional_id, s.on_hand, c.before
), entries AS (
    INSERT INTO inventory_ledgerentry
        (sku_id, functional_id, counterpart_id, kind, quantity, balance, reference, reason, actor, created_at)
    SELECT sku_id, functional_id, NULL, 'count', on_hand - before, on_hand, %s, %s, %s, statement_timestamp()
    FROM changed
), marks AS ({mark})
SELECT
    (SELECT count(*) FROM changed),
    (SELECT count(*) FROM counted WHERE NOT moved AND on_hand >= allocated),
    (SELECT json_agg(json_build_array(place, sku_id, functional_id, on_hand, before, allocated, moved) ORDER BY place)
        FROM counted WHERE moved OR on_hand < allocated)
"""


class CountConflict(NamedTuple):
    """A count that wasn't taken over: the row's place in the batch (from 1) and why."""

    place: int
    message: str
    facts: dict[str, Any]


class StagedResult(NamedTuple):
    """What a staged count did."""

    changed: int
    conflicts: list[CountConflict]


class CountResult(NamedTuple):
    """What a count did: rows changed, rows that were as counted, and one result per row."""

    changed: int
    unchanged: int
    results: list[RowResult]


@transaction.atomic
def count_stock(
    counts: Sequence[Count],
    *,
    actor: str,
    atomic: bool = True,
    reference: str = "",
    reason: str = "",
    within: str = "",
) -> CountResult:
    """Set stock rows to what was counted; a row that is as counted gets no ledger entry and no mark.

    A row that isn't as `expected`, or would fall below what is held, is a conflict. `within` is the code of the
    only warehouse the caller may touch. All or nothing: `InvalidInput` or `Conflict` names every row at fault;
    with `atomic` off, such rows are left out and their results say why.
    """
    faults, positions, columns = _resolve(counts, within)
    changed, conflicts = _count(_ARRAYS, [int_array(column) for column in columns], actor, reference, reason)
    faults += [
        Fault(positions[conflict.place - 1], "on_hand", conflict.message, conflict=True, facts=conflict.facts)
        for conflict in conflicts
    ]
    if atomic:
        refuse_batch("counts", faults)
    results = row_results(len(counts), faults)
    good = sum(not result.error for result in results)
    return CountResult(changed, good - changed, results)


@transaction.atomic
def count_staged(table: str, *, actor: str, atomic: bool = True, reference: str = "", reason: str = "") -> StagedResult:
    """As `count_stock`, for rows that lie in a temporary table, such as a large file that was copied into it.

    Columns: `place` (the row's number, for conflicts), `sku_id`, `functional_id` (resolved, no bundles),
    `on_hand` (0 or more) and `expected` (may be NULL). Analyze the table before. A row that is there twice is
    `InvalidInput`; with `atomic`, conflicts raise `Conflict`.
    """
    allow_memory()
    source = f"{connection.ops.quote_name(table)} AS k"
    changed, conflicts = _count(source, [], actor, reference, reason)
    if atomic:
        refuse_batch(
            "counts",
            [Fault(place - 1, "on_hand", message, conflict=True, facts=facts) for place, message, facts in conflicts],
        )
    return StagedResult(changed, conflicts)


def _count(source: str, columns: list[str], actor: str, reference: str, reason: str) -> tuple[int, list[CountConflict]]:
    """Run the two statements over `source`; `columns` are its parameters."""
    mark = MARK.format(source="SELECT sku_id FROM changed")
    with connection.cursor() as cursor:
        cursor.execute(CREATE_ROWS.format(source=source, condition=_CREATE_IF), columns)
        cursor.execute(_COUNT.format(source=source, mark=mark), [*columns, reference, reason, actor])
        changed, accepted, conflicts = cursor.fetchone()
        if changed != accepted:
            # An UPDATE takes one of two counts of the same row, and who could say which is right.
            raise InvalidInput(_("A stock row is counted twice, so nothing has changed."))
        if changed:
            nudge_recompute()
        return changed, _explain(conflicts or [])


def _resolve(counts: Sequence[Count], within: str) -> tuple[list[Fault], list[int], list[list[Any]]]:
    """Faults, and the position and the columns (SKU id, functional id, on hand, expected) of the good rows."""
    skus = find_skus(count.sku for count in counts)
    functionals = find_functionals({count.functional for count in counts}, within)
    first: dict[tuple[str, str], int] = {}
    faults: list[Fault] = []
    good: list[tuple[int, int, int, int, int | None]] = []
    for position, count in enumerate(counts):
        sku, functional = skus.get(count.sku), functionals.get(count.functional)
        twin = first.setdefault((count.functional, count.sku), position)
        message = _check(count) or _check_twin(count, twin, position)
        if sku is None:
            faults.append(Fault(position, "sku", unknown_sku(count.sku)))
        elif sku.is_bundle:
            faults.append(Fault(position, "sku", bundle_sku(count.sku)))
        elif functional is None:
            faults.append(Fault(position, "functional", unknown_functional(count.functional)))
        elif message:
            faults.append(Fault(position, *message))
        else:
            good.append((position, sku.id, functional.id, count.on_hand, count.expected))
    positions, *columns = map(list, zip(*good, strict=True)) if good else ([], [], [], [], [])
    return faults, positions, columns


def _check(count: Count) -> tuple[str, str] | None:
    for field, value in (("on_hand", count.on_hand), ("expected", count.expected)):
        if value is not None and not 0 <= value <= MAX_UNITS:
            return field, _("%(value)d isn't a number of units from 0 to %(max)d.") % {
                "value": value,
                "max": MAX_UNITS,
            }
    return None


def _check_twin(count: Count, twin: int, position: int) -> tuple[str, str] | None:
    if twin == position:
        return None
    return "sku", _("%(sku)s in %(functional)s is counted twice: in row %(first)d and in row %(second)d.") % {
        "sku": count.sku,
        "functional": count.functional,
        "first": twin + 1,
        "second": position + 1,
    }


def _explain(conflicts: Iterable[list[Any]]) -> list[CountConflict]:
    rows = list(conflicts)
    if not rows:
        return []
    keys: list[RowKey] = [(sku, functional) for _place, sku, functional, *_rest in rows]
    skus, functionals = find_codes(keys)
    holds = find_open_holds(keys)
    explained = []
    for place, sku, functional, counted, before, allocated, moved in rows:
        names = functionals[functional], skus[sku]
        if moved:
            message, facts = _describe_moved(*names, before)
        else:
            level = Level(before, allocated)
            message, facts = describe_held_count(*names, counted, level, holds.get((sku, functional), []))
        explained.append(CountConflict(place, message, facts))
    return explained


def _describe_moved(functional: str, sku: str, on_hand: int) -> tuple[str, dict[str, Any]]:
    sentence = _("%(functional)s has %(on_hand)d of %(sku)s now: it has moved since it was counted.")
    return sentence % {"functional": functional, "sku": sku, "on_hand": on_hand}, {"on_hand": on_hand}
