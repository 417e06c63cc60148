"""What can be chosen as the value of a fact, from the database."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model, Q
from django.utils.translation import gettext

from channels.platforms.registry import known
from inventory.catalogue.models import Category, Region, Sku
from inventory.supply.models import Pool
from inventory.warehouses.models import Warehouse
from strategies.registry import Choice

Choices = Callable[[], Sequence[Choice]]


def named(model: type[Model]) -> Choices:
    """The objects of a model with codes and names, by code."""

    def choices() -> list[Choice]:
        rows = model._default_manager.order_by("code").values_list("code", "name")  # noqa: SLF001 — public for all but its name
        return [Choice(code, f"{name} ({code})" if name != code else code) for code, name in rows]

    return choices


def options(pairs: Callable[[], Sequence[tuple[Any, Any]]]) -> Choices:
    """Fixed values and their labels in the language of the moment."""
    return lambda: [Choice(str(code), str(label)) for code, label in pairs()]


platforms = options(known)
lifecycles = options(lambda: Sku.Lifecycle.choices)
warehouse_kinds = options(lambda: Warehouse.Kind.choices)


def categories() -> list[Choice]:
    """The tree of categories, by code."""
    rows = Category.objects.order_by("code").values_list("code", "name", "parent__code")
    return [Choice(code, name, parent) for code, name, parent in rows]


def regions() -> list[Choice]:
    """Provinces, cities and counties, each under the one it lies in."""
    rows = Region.objects.order_by("code").values_list("code", "name", "parent__code")
    return [Choice(code, name, parent) for code, name, parent in rows]


def campaigns() -> list[Choice]:
    """The pools that have a start or an end."""
    rows = Pool.objects.exclude(starts_at=None, ends_at=None).order_by("code").values_list("code", "name")
    return [Choice(code, f"{name} ({code})" if name != code else code) for code, name in rows]


def business_lines() -> list[Choice]:
    """The business lines in use."""
    lines = Pool.objects.exclude(business_line="").order_by("business_line")
    return [Choice(line, line) for line in lines.values_list("business_line", flat=True).distinct()]


def seasons() -> list[Choice]:
    """The seasons in use."""
    rows = Sku.objects.exclude(season="").order_by("season").values_list("season", flat=True).distinct()
    return [Choice(season, season) for season in rows]


def tags() -> list[Choice]:
    """The tags in use."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT unnest(tags) FROM inventory_sku ORDER BY 1")
        return [Choice(tag, tag) for (tag,) in cursor.fetchall()]


def abc_classes() -> list[Choice]:
    """A, B and C."""
    return [Choice(letter, gettext("Class %(letter)s") % {"letter": letter}) for letter in "ABC"]


def find_skus(words: str, codes: Collection[str], limit: int) -> list[Choice]:
    """SKUs with these codes, and at most `limit` whose code, name, pinyin or barcode has every word."""
    rows = list(Sku.objects.filter(code__in=codes).order_by("code").values_list("code", "name")) if codes else []
    wanted = Q()
    for word in words.split():
        fits = Q(code__icontains=word) | Q(name__icontains=word) | Q(search_name__icontains=word.lower())
        wanted &= fits | Q(barcode__startswith=word)
    if wanted and limit > 0:
        found = Sku.objects.filter(wanted).exclude(code__in=codes).order_by("code")
        rows += found.values_list("code", "name")[:limit]
    return [Choice(code, f"{code} {name}") for code, name in rows]
