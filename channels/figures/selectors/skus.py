"""The columns of facts about SKUs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from django.db import connection

from channels.figures.rules import DAYS_7, DAYS_30, days_of_cover, margin, sell_through, velocity
from channels.figures.selectors.columns import column_of_ids
from channels.figures.selectors.scope import LIFECYCLES, Scope
from core.bulk import read_columns
from inventory.catalogue.models import Brand, Category
from strategies.rules.shapes import EMPTY, Bools, Column, Int64s

_TEXTS = "SELECT array_agg({column} ORDER BY sku.id) FROM inventory_sku sku WHERE {where}"
_TAGS = "SELECT DISTINCT tag FROM inventory_sku sku, unnest(sku.tags) tag WHERE {where} ORDER BY 1"
_TAGGED = """
    SELECT string_agg(int8send(sku.id), ''::bytea), string_agg(int8send(tag.at - 1), ''::bytea)
    FROM inventory_sku sku, unnest(sku.tags) given (code)
    JOIN unnest(%(tags)s::text[]) WITH ORDINALITY tag (code, at) USING (code)
    WHERE {where}
"""


@dataclass(frozen=True, slots=True)
class SkuFact:
    """How a column comes about: from numbers read for all facts at once, and the rest by itself."""

    load: Callable[[Scope], Column]
    reads: tuple[str, ...] = ()


def _plain(name: str) -> SkuFact:
    return SkuFact(lambda scope: Column(scope.numbers[name]), (name,))


def _load_texts(scope: Scope, column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS.format(column=column, where=scope.where()), scope.params)
        ((texts,),) = cursor.fetchall()
    return texts or []


def _load_skus(scope: Scope) -> Column:
    """Every SKU is a choice of its own."""
    return Column(np.arange(scope.sku_ids.size), tuple(_load_texts(scope, "sku.code")))


def _load_codes(scope: Scope) -> Column:
    return Column(np.array(_load_texts(scope, "sku.code"), np.str_))


def _load_names(scope: Scope) -> Column:
    return Column(np.array(_load_texts(scope, "sku.name"), np.str_))


def _load_brands(scope: Scope) -> Column:
    return column_of_ids(scope.numbers["brand"], dict(Brand.objects.order_by("code").values_list("id", "code")))


def _load_categories(scope: Scope) -> Column:
    rows = list(Category.objects.order_by("code").values_list("id", "code", "parent__code"))
    parents = {code: parent for _id, code, parent in rows}
    return column_of_ids(scope.numbers["category"], {row[0]: row[1] for row in rows}, parents)


def _load_tags(scope: Scope) -> Column:
    with connection.cursor() as cursor:
        cursor.execute(_TAGS.format(where=scope.where()), scope.params)
        tags = [tag for (tag,) in cursor.fetchall()]
    ids, values = read_columns(_TAGGED.format(where=scope.where()), scope.params | {"tags": tags})
    order = np.argsort(ids, kind="stable")
    offsets = np.searchsorted(ids[order], np.append(scope.sku_ids, np.iinfo(np.int64).max))
    return Column(values[order], tuple(tags), offsets=offsets.astype(np.int64))


def _load_margin(scope: Scope) -> Column:
    return Column(margin(scope.numbers["price"], scope.numbers["cost"]))


def _load_listing_age(scope: Scope) -> Column:
    return Column(_age(scope, "created"))


def _load_stock_age(scope: Scope) -> Column:
    return Column(_age(scope, "stocked_on"))


def _age(scope: Scope, name: str) -> Int64s:
    """[N] whole days since a day; none before it."""
    since = scope.numbers[name]
    known: Bools = since != EMPTY
    return np.where(known, np.maximum(scope.day - np.where(known, since, 0), 0), EMPTY)


def _load_cover(scope: Scope) -> Column:
    return Column(days_of_cover(scope.free, scope.numbers["sold_30"]))


def _load_sell_through(scope: Scope) -> Column:
    return Column(sell_through(scope.free, scope.numbers["sold_30"]))


SKU_FACTS = {
    "sku": SkuFact(_load_skus),
    "sku_code": SkuFact(_load_codes),
    "name": SkuFact(_load_names),
    "category": SkuFact(_load_categories, ("category",)),
    "brand": SkuFact(_load_brands, ("brand",)),
    "season": SkuFact(lambda scope: Column(scope.numbers["season"], scope.seasons), ("season",)),
    "tag": SkuFact(_load_tags),
    "price": _plain("price"),
    "cost": _plain("cost"),
    "margin": SkuFact(_load_margin, ("price", "cost")),
    "weight": _plain("weight"),
    "lifecycle": SkuFact(lambda scope: Column(scope.numbers["lifecycle"], LIFECYCLES), ("lifecycle",)),
    "bundle": _plain("bundle"),
    "listing_age": SkuFact(_load_listing_age, ("created",)),
    "free_stock": SkuFact(lambda scope: Column(scope.free)),
    "days_of_cover": SkuFact(_load_cover, ("sold_30",)),
    "velocity_7": SkuFact(lambda scope: Column(velocity(scope.numbers["sold_7"], DAYS_7)), ("sold_7",)),
    "velocity_30": SkuFact(lambda scope: Column(velocity(scope.numbers["sold_30"], DAYS_30)), ("sold_30",)),
    "sell_through": SkuFact(_load_sell_through, ("sold_30",)),
    "stock_age": SkuFact(_load_stock_age, ("stocked_on",)),
    "abc": SkuFact(lambda scope: Column(scope.numbers["abc"], ("A", "B", "C")), ("abc",)),
}
