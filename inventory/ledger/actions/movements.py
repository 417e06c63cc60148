"""Receipts, issues, adjustments, opening balances and changes of status: one ledger entry for each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from inventory.ledger.actions.faults import (
    Fault,
    RowResult,
    bundle_sku,
    refuse_batch,
    row_results,
    unknown_functional,
    unknown_sku,
)
from inventory.ledger.actions.holders import describe_shortage
from inventory.ledger.actions.locks import lock_stock_rows, read_levels
from inventory.ledger.actions.marks import mark_skus
from inventory.ledger.arrays import int_array, key_arrays, text_array, unnest
from inventory.ledger.models import LedgerEntry
from inventory.ledger.rules import MAX_UNITS, Entry, Leg, Movement, Refusal, span_rows, walk_movements
from inventory.ledger.selectors import FunctionalRef, SkuRef, find_functionals, find_open_holds, find_skus

Kind = LedgerEntry.Kind
MOVEMENT_KINDS = (Kind.OPENING, Kind.RECEIPT, Kind.ISSUE, Kind.ADJUSTMENT, Kind.STATUS_CHANGE)
TEXT_LENGTH = 200

Legs = tuple[Leg, ...]
Planned = list[tuple[int, Legs]]

# Nearly every batch fits, so the rows are locked, judged and changed in one go: all of them or none. The change
# starts from the row as it was locked, `allocated` too: the statement's own look at it may be older, and the
# CHECKs would judge that look first.
_MOVE = f"""
WITH locked AS MATERIALIZED (
    SELECT s.id, s.sku_id, s.functional_id, s.on_hand, s.allocated, k.net,
        s.on_hand + k.low >= s.allocated AND s.on_hand + k.high <= {MAX_UNITS} AS fits
    FROM {unnest("bigint", "bigint", "bigint", "bigint", "bigint")} AS k(sku_id, functional_id, net, low, high)
    JOIN inventory_stockrow s ON s.sku_id = k.sku_id AND s.functional_id = k.functional_id
    ORDER BY s.sku_id, s.functional_id
    FOR UPDATE OF s
), moved AS (
    UPDATE inventory_stockrow s
    SET on_hand = l.on_hand + l.net, allocated = l.allocated, version = s.version + 1,
        updated_at = statement_timestamp()
    FROM locked l WHERE s.id = l.id AND (SELECT count(*) FROM locked WHERE fits) = %s
    RETURNING s.id
)
SELECT sku_id, functional_id, on_hand, allocated FROM locked WHERE EXISTS (SELECT FROM moved)
"""

_INSERT = f"""
INSERT INTO inventory_ledgerentry
    (sku_id, functional_id, counterpart_id, kind, quantity, balance, reference, reason, actor, created_at)
SELECT e.sku_id, e.functional_id, e.counterpart_id, e.kind, e.quantity, e.balance, e.reference, e.reason,
    %s, coalesce(%s, statement_timestamp())
FROM {unnest("bigint", "bigint", "bigint", "text", "int", "int", "text", "text")}
    WITH ORDINALITY AS e(sku_id, functional_id, counterpart_id, kind, quantity, balance, reference, reason, place)
ORDER BY e.place
"""


@transaction.atomic
def post_movements(
    movements: Sequence[Movement],
    *,
    actor: str,
    atomic: bool = True,
    within: str = "",
    at: datetime | None = None,
) -> list[RowResult]:
    """Change stock by movements, in their order, with one ledger entry each (a status change has two).

    Missing stock rows are made. `within` is the code of the only warehouse the caller may touch;
    `at` dates entries that are brought in afterwards. All or nothing:
    `InvalidInput` or `Conflict` names every row at fault; with `atomic` off, such rows are left out and their
    results say why.
    """
    faults, planned = _plan(movements, within)
    with connection.cursor() as cursor:
        entries = None if atomic and faults else _move(cursor, planned)
        if entries is None:
            accepted, refusals = _judge(cursor, planned)
            faults += _explain(movements, refusals)
            if atomic:
                refuse_batch("movements", faults)
            # Judged on locked rows, so they all fit.
            entries = _move(cursor, accepted) or []
        _write(cursor, movements, entries, (actor, at))
    return row_results(len(movements), faults)


def _move(cursor: CursorWrapper, planned: Planned) -> list[Entry] | None:
    """Change the rows if they bear it all; else None, with nothing changed and no lock kept."""
    spans = span_rows(planned)
    untouched = transaction.savepoint()
    columns = zip(*spans.values(), strict=True) if spans else ((), (), ())
    cursor.execute(_MOVE, [*key_arrays(spans), *map(int_array, columns), len(spans)])
    levels = read_levels(cursor)
    if len(levels) < len(spans):
        transaction.savepoint_rollback(untouched)
        return None
    transaction.savepoint_commit(untouched)
    return walk_movements(planned, levels)[0]


def _judge(cursor: CursorWrapper, planned: Planned) -> tuple[Planned, list[Refusal]]:
    """Make the rows that are missing, lock them all, and find the movements that they can't bear."""
    legs = [leg for _position, steps in planned for leg in steps]
    levels = lock_stock_rows(cursor, [leg.row for leg in legs], create=[leg.row for leg in legs if leg.quantity > 0])
    refusals = walk_movements(planned, levels)[1]
    refused = {refusal.position for refusal in refusals}
    return [step for step in planned if step[0] not in refused], refusals


def _plan(movements: Sequence[Movement], within: str) -> tuple[list[Fault], Planned]:
    skus = find_skus(movement.sku for movement in movements)
    codes = {code for movement in movements for code in (movement.functional, movement.to_functional)}
    functionals = find_functionals(codes, within)
    faults: list[Fault] = []
    planned: Planned = []
    for position, movement in enumerate(movements):
        found = [*_check_values(movement), *_check_codes(movement, skus, functionals)]
        if found:
            faults += [Fault(position, field, message) for field, message in found]
        else:
            planned.append((position, _legs(movement, skus, functionals)))
    return faults, planned


def _legs(movement: Movement, skus: Mapping[str, SkuRef], functionals: Mapping[str, FunctionalRef]) -> Legs:
    sku, source = skus[movement.sku].id, functionals[movement.functional].id
    if movement.kind == Kind.STATUS_CHANGE:
        target = functionals[movement.to_functional].id
        return (
            Leg((sku, source), -movement.quantity, target),
            Leg((sku, target), movement.quantity, source),
        )
    sign = -1 if movement.kind == Kind.ISSUE else 1
    return (Leg((sku, source), sign * movement.quantity),)


def _check_values(movement: Movement) -> Iterator[tuple[str, str]]:
    if movement.kind not in MOVEMENT_KINDS:
        allowed = ", ".join(MOVEMENT_KINDS)
        yield (
            "kind",
            _("“%(kind)s” is no kind of movement; use one of %(kinds)s.")
            % {
                "kind": movement.kind,
                "kinds": allowed,
            },
        )
    elif movement.quantity == 0:
        yield "quantity", _("A movement of 0 units moves nothing.")
    elif movement.quantity < 0 and movement.kind != Kind.ADJUSTMENT:
        yield (
            "quantity",
            _("The quantity is %(quantity)d; only an adjustment can be negative.") % {"quantity": movement.quantity},
        )
    if abs(movement.quantity) > MAX_UNITS:
        yield (
            "quantity",
            _("%(quantity)d is more than a stock row can hold (%(max)d).")
            % {
                "quantity": movement.quantity,
                "max": MAX_UNITS,
            },
        )
    for field, text in (("reference", movement.reference), ("reason", movement.reason)):
        if len(text) > TEXT_LENGTH or "\0" in text:
            yield field, _("Use at most %(max)d ordinary characters.") % {"max": TEXT_LENGTH}


def _check_codes(
    movement: Movement, skus: Mapping[str, SkuRef], functionals: Mapping[str, FunctionalRef]
) -> Iterator[tuple[str, str]]:
    sku = skus.get(movement.sku)
    if sku is None:
        yield "sku", unknown_sku(movement.sku)
    elif sku.is_bundle:
        yield "sku", bundle_sku(movement.sku)
    source = functionals.get(movement.functional)
    if source is None:
        yield "functional", unknown_functional(movement.functional)
    if movement.kind == Kind.STATUS_CHANGE:
        yield from _check_target(movement, source, functionals.get(movement.to_functional))
    elif movement.to_functional:
        yield "to_functional", _("Only a status change goes to another functional warehouse.")


def _check_target(
    movement: Movement, source: FunctionalRef | None, target: FunctionalRef | None
) -> Iterator[tuple[str, str]]:
    if not movement.to_functional:
        yield "to_functional", _("Say which functional warehouse the goods go to.")
    elif target is None:
        yield "to_functional", unknown_functional(movement.to_functional)
    elif source is not None and source.id == target.id:
        yield "to_functional", _("The goods are in %(functional)s already.") % {"functional": movement.functional}
    elif source is not None and source.warehouse_id != target.warehouse_id:
        yield (
            "to_functional",
            _("%(source)s and %(target)s belong to different warehouses; a status change stays within one.")
            % {"source": movement.functional, "target": movement.to_functional},
        )


def _explain(movements: Sequence[Movement], refusals: Iterable[Refusal]) -> Iterator[Fault]:
    refused = list(refusals)
    held = [refusal.leg.row for refusal in refused if refusal.level.allocated]
    holds = find_open_holds(held) if held else {}
    for position, leg, level in refused:
        movement = movements[position]
        functional = movement.functional if leg.quantity < 0 or leg.counterpart is None else movement.to_functional
        if leg.quantity > 0:
            message = _("%(functional)s has %(on_hand)d of %(sku)s; %(quantity)d more is beyond %(max)d.") % {
                "functional": functional,
                "on_hand": level.on_hand,
                "sku": movement.sku,
                "quantity": leg.quantity,
                "max": MAX_UNITS,
            }
            yield Fault(position, "quantity", message)
        else:
            message, facts = describe_shortage(functional, movement.sku, -leg.quantity, level, holds.get(leg.row, []))
            yield Fault(position, "quantity", message, conflict=True, facts=facts)


def _write(
    cursor: CursorWrapper,
    movements: Sequence[Movement],
    entries: Sequence[Entry],
    signed: tuple[str, datetime | None],
) -> None:
    """Write the ledger entries of rows that have moved, and mark their SKUs."""
    moved = [movements[entry.position] for entry in entries]
    cursor.execute(
        _INSERT,
        [
            *signed,
            *key_arrays(entry.leg.row for entry in entries),
            int_array(entry.leg.counterpart for entry in entries),
            text_array(movement.kind for movement in moved),
            int_array(entry.leg.quantity for entry in entries),
            int_array(entry.balance for entry in entries),
            text_array(movement.reference for movement in moved),
            text_array(movement.reason for movement in moved),
        ],
    )
    mark_skus(entry.leg.row[0] for entry in entries)
