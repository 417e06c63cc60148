"""Tries an edit and takes it back."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from channels.preview.rules import Effect, SkuChange, State, compare_states
from channels.preview.selectors import load_state
from inventory.catalogue.models import Sku
from inventory.ledger.models import DirtySku

# An edit that is tried holds its rows' locks for as long as its numbers are read: neither may it wait long for
# others, nor others for it.
LOCK_TIMEOUT = "2s"
STATEMENT_TIMEOUT = "20s"

# The verbs write marks and targets. Tables of the same names that only this connection sees take them in: no worker
# is held up, and the marks tell which SKUs the edit touches.
_SHADOWED = ("inventory_dirtysku", "channels_listingtarget")


@dataclass(frozen=True, slots=True)
class NamedEffect:
    """An effect, and the SKUs that change most with their names."""

    effect: Effect
    rows: list[tuple[Sku, SkuChange]]


def preview_effect(save: Callable[[], object]) -> NamedEffect:
    """What `save` would change in every number that follows from it. Nothing is changed and nobody is told.

    `save` must mark what it touches, as everything that changes numbers does. Whatever it raises comes through.
    """
    before, after = _try_out(save)
    effect = compare_states(before, after)
    skus = Sku.objects.in_bulk([change.sku_id for change in effect.most])
    return NamedEffect(effect, [(skus[change.sku_id], change) for change in effect.most])


def _try_out(save: Callable[[], object]) -> tuple[State, State]:
    """(before, after) as of one moment; the edit's locks are gone as soon as its side has been read."""
    now = timezone.now()
    nested = connection.in_atomic_block
    with transaction.atomic():
        begin_trial(nested=nested)
        with transaction.atomic():
            shadow_tables()
            save()
            connection.check_constraints()
            touched = list(DirtySku.objects.order_by("sku_id").values_list("sku_id", flat=True))
            after = load_state(touched, now)
            transaction.set_rollback(True)
        before = load_state(touched, now)
    return before, after


def begin_trial(*, nested: bool, statement_timeout: str = STATEMENT_TIMEOUT) -> None:
    """Let all of this transaction see one moment, unless it is `nested` in another, and wait for nobody long."""
    with connection.cursor() as cursor:
        if not nested:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute(f"SET LOCAL statement_timeout = '{statement_timeout}'")


def shadow_tables() -> None:
    """Take in the marks and targets that verbs write from here on; a rollback takes them away again."""
    with connection.cursor() as cursor:
        for table in _SHADOWED:
            cursor.execute(f"CREATE TEMPORARY TABLE {table} (LIKE public.{table} INCLUDING ALL)")
