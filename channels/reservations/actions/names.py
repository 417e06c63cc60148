"""What the codes of plain SKUs stand for, kept by each process until the catalogue's token says that it has changed."""

from collections.abc import Collection
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from uuid import UUID

from django.db import connection

from channels.reservations.actions.stage import Resolved
from core.prepared import run_prepared
from inventory.ledger.arrays import text_array, unnest

MOST_NAMES = 200_000  # kept at once
WHOLE_SECONDS = 60  # between two readings of the whole catalogue

# The token and the SKUs as of one moment.
_FIND = f"""
SELECT v.token, k.code, k.id, k.category_id
FROM (SELECT (SELECT token FROM inventory_catalogueversion WHERE id = 1) AS token) v
LEFT JOIN ({unnest("text")} AS u(code) JOIN inventory_sku k ON k.code = u.code) ON NOT EXISTS (
    SELECT FROM inventory_bundlecomponent b WHERE b.bundle_id = k.id
)
"""
# As many as are kept, of all.
_FIND_ALL = """
SELECT v.token, k.code, k.id, k.category_id
FROM (SELECT (SELECT token FROM inventory_catalogueversion WHERE id = 1) AS token) v
LEFT JOIN (SELECT code, id, category_id FROM inventory_sku ORDER BY id DESC LIMIT %s::int) k ON NOT EXISTS (
    SELECT FROM inventory_bundlecomponent b WHERE b.bundle_id = k.id
)
"""


Name = tuple[int, int | None]
"""Id and category of a plain SKU."""


@dataclass(slots=True)
class _Names:
    token: UUID | None = None
    by_code: dict[str, Name] = field(default_factory=dict)
    whole_at: float = -inf  # when the whole catalogue was read


@dataclass(frozen=True, slots=True)
class Named:
    """The SKUs of a batch as they were under a token."""

    token: UUID
    resolved: Resolved


_KEPT: dict[str, _Names] = {}


def find_names(codes: Collection[str]) -> Named | None:
    """The SKUs with these codes; None when one of them is unknown or a bundle."""
    names = _kept()
    if not names.by_code.keys() >= set(codes):
        names = _learn(names, codes)
    # Another thread may have put newer names in their place: these belong together all the same.
    known = [(code, *name) for code in codes if (name := names.by_code.get(code)) is not None]
    if names.token is None or len(known) < len(codes):
        return None
    resolved = Resolved(
        parts={code: ((pk, 1),) for code, pk, _ in known},
        codes={pk: code for code, pk, _ in known},
        categories={pk: category for _, pk, category in known},
    )
    return Named(names.token, resolved)


def forget_names() -> None:
    """The token has changed: everything is asked for anew."""
    names = _kept()
    _KEPT[_database()] = _Names(whole_at=names.whole_at)


def _learn(names: _Names, codes: Collection[str]) -> _Names:
    """Read these, or rather the whole catalogue, as long as it doesn't change all the time."""
    now = monotonic()
    whole = now - names.whole_at > WHOLE_SECONDS
    if whole:
        rows = run_prepared(_FIND_ALL, [str(MOST_NAMES)])
    else:
        missing = [code for code in codes if code not in names.by_code and "\0" not in code]
        rows = run_prepared(_FIND, [text_array(missing)])
    token = rows[0][0]
    if whole or names.token != token or len(names.by_code) > 2 * MOST_NAMES:
        names = _KEPT[_database()] = _Names(token, whole_at=now if whole else names.whole_at)
    names.by_code.update({code: (pk, category) for _, code, pk, category in rows if pk is not None})
    return names


def _kept() -> _Names:
    return _KEPT.setdefault(_database(), _Names())


def _database() -> str:
    return str(connection.settings_dict["NAME"])
