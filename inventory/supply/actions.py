"""Marks what a change of the supply network touches. Call the verb in the transaction of the change.

What no longer feeds a pool counts as touched, too: when a link, a pool's supply warehouse or an override is
taken away, mark before the change as well as after it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.upserts import upsert
from inventory.ledger.actions.marks import (
    mark_categories,
    mark_functionals,
    mark_pools,
    mark_skus,
    mark_supplies,
)
from inventory.supply.models import LinkOverride, Pool, SupplyLink
from inventory.supply.selectors import find_skus_under, is_open
from inventory.warehouses.models import FunctionalWarehouse

__all__ = [
    "apply_pool_windows",
    "mark_bundles",
    "mark_categories",
    "mark_functionals",
    "mark_link_overrides",
    "mark_pools",
    "mark_skus",
    "mark_supplies",
    "mark_supply_links",
    "mark_warehouses",
    "save_links",
    "save_overrides",
]

Rows = Sequence[Mapping[str, Any]]


def mark_warehouses(warehouse_ids: Iterable[int]) -> int:
    """A warehouse was opened or closed: mark what lies there."""
    found = FunctionalWarehouse.objects.filter(warehouse__in=list(warehouse_ids))
    return mark_functionals(found.values_list("id", flat=True))


def mark_supply_links(link_ids: Iterable[int]) -> int:
    """A link's ratio, reserve or activity changed: mark what lies in its functional warehouse."""
    links = SupplyLink.objects.filter(id__in=list(link_ids))
    return mark_functionals(links.values_list("functional_id", flat=True))


@transaction.atomic
def save_links(rows: Rows, *, actor: str) -> None:
    """Add and change links, given as field values, with the `id` of a link that is changed."""
    mark_supply_links(link.pk for link in upsert(SupplyLink, rows))


@transaction.atomic
def save_overrides(rows: Rows, *, actor: str) -> None:
    """Add and change overrides; `supply_id` and `functional_id` name the link, which must exist."""
    links = {(supply, functional): link for link, supply, functional in _link_keys(rows)}
    named = [
        {name: value for name, value in row.items() if name not in ("supply_id", "functional_id")}
        | {"link_id": links[row["supply_id"], row["functional_id"]]}
        for row in rows
    ]
    mark_link_overrides(override.pk for override in upsert(LinkOverride, named))


def _link_keys(rows: Rows) -> Iterable[tuple[int, int, int]]:
    links = SupplyLink.objects.filter(supply__in={row["supply_id"] for row in rows})
    return links.values_list("id", "supply_id", "functional_id")


@transaction.atomic
def mark_link_overrides(override_ids: Iterable[int]) -> int:
    """Overrides changed: mark their SKUs, and those of their categories that lie in the link's functional warehouse."""
    overrides = LinkOverride.objects.filter(id__in=list(override_ids))
    rows = list(overrides.values_list("sku_id", "category_id", "link__functional_id"))
    skus = {sku for sku, _category, _functional in rows if sku is not None}
    pairs = [(category, functional) for _sku, category, functional in rows if category is not None]
    if pairs:
        # As in marks.py: for what comes to lie there before this commits.
        transaction.on_commit(lambda: mark_skus(find_skus_under(pairs)), robust=True)
    # One statement, because two would lock marks out of the order of the SKUs.
    return mark_skus(skus | find_skus_under(pairs))


def mark_bundles(bundle_ids: Iterable[int]) -> int:
    """The components of bundles changed: mark the bundles."""
    return mark_skus(bundle_ids)


@transaction.atomic
def apply_pool_windows(now: datetime | None = None) -> int:
    """Mark the SKUs beneath pools whose dates have opened or closed them since the last look; how many pools."""
    moment = now or timezone.now()
    turned: dict[bool, list[int]] = {True: [], False: []}
    for pool in Pool.objects.select_for_update().order_by("id"):
        # Whether it is active is marked by whoever changes it; here only the clock counts.
        opened = is_open(True, pool.starts_at, pool.ends_at, moment)  # noqa: FBT003
        if opened != pool.window_open:
            turned[opened].append(pool.pk)
    for opened, pools in turned.items():
        Pool.objects.filter(id__in=pools).update(window_open=opened)
    mark_pools(turned[True] + turned[False])
    return len(turned[True]) + len(turned[False])
