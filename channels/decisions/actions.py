"""Keeps the record of what strategies decide."""

from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from channels.decisions.rules import Changes, Decisions
from channels.decisions.selectors import find_changes
from core.bulk import copy_numbers

# In one order for everybody, so that two who write the same cells wait for each other and don't block each other.
_CLOSE = """
    UPDATE channels_decision SET until = %(now)s FROM (
        SELECT old.id FROM channels_decision old
        JOIN decision_difference new ON new.place_id = old.place_id AND new.sku_id = old.sku_id
        WHERE old.kind = %(kind)s AND old.until IS NULL AND old.version_id <> new.version_id
        ORDER BY old.sku_id, old.place_id FOR UPDATE OF old
    ) AS over
    WHERE channels_decision.id = over.id
"""
_OPEN = """
    INSERT INTO channels_decision (kind, place_id, sku_id, version_id, since)
    SELECT %(kind)s, place_id, sku_id, version_id, %(now)s FROM decision_difference
    WHERE version_id > 0 ORDER BY sku_id, place_id
    ON CONFLICT (kind, sku_id, place_id) WHERE until IS NULL DO NOTHING
"""


def record_decisions(decisions: Decisions, *, whole: bool = True) -> int:
    """Keep which versions decide these cells from now on, and close the records of those that do no more.

    Only differences are written; how many there were. `whole` says that the places are all there are of the kind.
    """
    return write_changes(decisions.kind, find_changes(decisions, whole=whole))


@transaction.atomic
def write_changes(kind: str, changes: Changes) -> int:
    """Write what `find_changes` found; how many cells that were."""
    if not changes.place_id.size:
        return 0
    params: dict[str, Any] = {"kind": kind, "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS decision_difference "
            "(place_id bigint, sku_id bigint, version_id bigint) ON COMMIT DELETE ROWS"
        )
        copy_numbers("decision_difference", changes.place_id, changes.sku_id, changes.version)
        cursor.execute(_CLOSE, params)
        cursor.execute(_OPEN, params)
        # The caller's transaction may go on, and write more.
        cursor.execute("DELETE FROM decision_difference")
    return int(changes.place_id.size)
