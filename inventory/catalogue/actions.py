"""Adds and changes brands, categories, SKUs and bundles by the batch.

Rows are dictionaries of field values that all have the same fields; a row with an `id` changes that object.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import transaction

from core.upserts import upsert
from inventory.catalogue.models import Brand, BundleComponent, Category, Sku
from inventory.catalogue.rules import FACTS_OF, search_name
from inventory.catalogue.selectors import find_skus_in
from inventory.ledger.actions import mark_categories, mark_skus
from strategies.actions import mark_facts

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
    mark_moved_categories([category.pk for category in moved])


def mark_moved_categories(category_ids: Collection[int]) -> None:
    """Categories have got another parent: mark what overrides and strategies that go by category say otherwise now."""
    # First, for they are more: strategies also decide about SKUs that lie nowhere.
    _mark_tree(category_ids)
    mark_categories(category_ids)
    # SKUs may have come to these categories meanwhile.
    transaction.on_commit(partial(_mark_tree, category_ids), robust=True)


@transaction.atomic
def _mark_tree(category_ids: Collection[int]) -> None:
    mark_facts({fact: find_skus_in(category_ids) for fact in FACTS_OF["category"]})


@transaction.atomic
def save_skus(rows: Rows, *, actor: str) -> None:
    """Add and change SKUs; marked are those that change their category, since overrides go by category, and those of
    which strategies ask about something that changes.
    """
    named = [{**row, "search_name": search_name(row["name"])} if "name" in row else row for row in rows]
    known = {row["id"]: row for row in rows if "id" in row}
    names = [name for name in next(iter(known.values()), ()) if name.removesuffix("_id") in FACTS_OF]
    changed: dict[str, list[int]] = {name: [] for name in names}
    for pk, *values in Sku.objects.filter(pk__in=known).order_by("pk").values_list("pk", *names):
        for name, value in zip(names, values, strict=True):
            if known[pk][name] != value:
                changed[name].append(pk)
    upsert(Sku, named)
    mark_changed_fields(changed)


def mark_changed_fields(changed: Mapping[str, Collection[int]]) -> None:
    """Fields of SKUs have changed, given as SKU ids by field: mark what depends on them."""
    facts: dict[str, set[int]] = {}
    for name, sku_ids in changed.items():
        for fact in FACTS_OF.get(name.removesuffix("_id"), ()):
            facts.setdefault(fact, set()).update(sku_ids)
    mark_facts(facts, moved=changed.get("category_id", ()), mark=mark_skus)


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
