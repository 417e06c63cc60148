"""Reads the record of decisions."""

from collections.abc import Sequence

from channels.decisions.models import Decision
from channels.decisions.rules import Changes, Decisions, compare
from core.bulk import allow_memory, read_columns

_OPEN = """
    SELECT string_agg(int8send(place_id), ''::bytea), string_agg(int8send(sku_id), ''::bytea),
           string_agg(int8send(version_id), ''::bytea)
    FROM channels_decision WHERE kind = %(kind)s AND until IS NULL {among}
"""
_AMONG = "AND sku_id = ANY(%(skus)s)"


def find_changes(decisions: Decisions, *, whole: bool = True, everything: bool = False) -> Changes:
    """The cells whose record isn't what decides them now.

    `whole` says that the places are all there are of the kind, `everything` that the SKUs are too: records of others
    are over.
    """
    if everything:
        allow_memory()
    params = {"kind": decisions.kind, "skus": [] if everything else decisions.sku_ids.tolist()}
    among = "" if everything else _AMONG
    if not whole:
        among += " AND place_id = ANY(%(places)s)"
        params["places"] = decisions.place_ids.tolist()
    return compare(decisions, *read_columns(_OPEN.format(among=among), params), close=whole)


def find_decisions(kind: str, place_ids: Sequence[int], sku_ids: Sequence[int]) -> dict[tuple[int, int], Decision]:
    """By place and SKU: what decides these cells now, with its version and strategy."""
    rows = Decision.objects.filter(kind=kind, place_id__in=place_ids, sku_id__in=sku_ids, until=None)
    return {(row.place_id, row.sku_id): row for row in rows.select_related("version__strategy")}
