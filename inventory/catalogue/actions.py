"""Adds and changes brands, categories, SKUs and bundles by the batch.

Rows are dictionaries of field values that all have the same fields; a row with an `id` changes that object.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from core.upserts import upsert
from inventory.catalogue.models import Brand, BundleComponent, Category, Sku
from inventory.catalogue.rules import search_name
from inventory.ledger.actions import mark_categories, mark_skus

Rows = Sequence[Mapping[str, Any]]


@transaction.atomic
def save_brands(rows: Rows, *, actor: str) -> None:
    """Add and change brands."""
    upsert(Brand, rows)


@transaction.atomic
def save_categories(rows: Rows, *, actor: str) -> None:
    """Add and change categories; `parent` is a code, which may be that of another row.

    A category that moves touches its SKUs: overrides follow the tree.
    """
    saved = upsert(Category, [{name: value for name, value in row.items() if name != "parent"} for row in rows])
    if not rows or "parent" not in rows[0]:
        return
    wanted = {item.pk: row["parent"] for item, row in zip(saved, rows, strict=True)}
    parents = dict(Category.objects.filter(code__in=filter(None, wanted.values())).values_list("code", "id"))
    moved = []
    for category in Category.objects.select_for_update().filter(pk__in=wanted).order_by("pk"):
        parent = parents[wanted[category.pk]] if wanted[category.pk] else None
        if category.parent_id != parent:
            category.parent_id = parent
            moved.append(category)
    Category.objects.bulk_update(moved, ["parent"])
    mark_categories(category.pk for category in moved)


@transaction.atomic
def save_skus(rows: Rows, *, actor: str) -> None:
    """Add and change SKUs; those that change their category are marked, since overrides go by category."""
    named = [{**row, "search_name": search_name(row["name"])} if "name" in row else row for row in rows]
    known = {row["id"]: row["category_id"] for row in rows if "id" in row and "category_id" in row}
    before = dict(Sku.objects.filter(pk__in=known).values_list("pk", "category_id"))
    upsert(Sku, named)
    mark_skus(pk for pk, category in known.items() if before.get(pk) != category)


@transaction.atomic
def save_bundles(rows: Rows, *, actor: str) -> None:
    """Make each SKU `id` a bundle of exactly `parts` (units by SKU id); without parts it is no bundle any more."""
    bundles = [row["id"] for row in rows]
    BundleComponent.objects.filter(bundle__in=bundles).delete()
    BundleComponent.objects.bulk_create(
        [
            BundleComponent(bundle_id=row["id"], component_id=component, quantity=quantity)
            for row in rows
            for component, quantity in row["parts"].items()
        ],
        5000,
    )
    mark_skus(bundles)
