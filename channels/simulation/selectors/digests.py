"""Digests of the data that numbers follow from and that no token or log tells of."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

# Of what counts alone: the consumed part of dedicated units moves with every sale, and so with the stock.
_TABLES: Mapping[str, tuple[Any, tuple[tuple[str, str], ...]]] = {
    "catalogue": (
        _("Catalogue"),
        (
            (
                "inventory_sku",
                "id, code, brand_id, category_id, season, tags, price, cost, weight_g, lifecycle, created_at",
            ),
            ("inventory_bundlecomponent", "bundle_id, component_id, quantity"),
        ),
    ),
    "figures": (
        _("Figures of SKUs"),
        (
            ("channels_skufigures", "sku_id, sold_7, sold_30, stocked_on, abc"),
            ("channels_shopvelocity", "sku_id, shop_id, units_30"),
        ),
    ),
    "safety": (
        _("Safety stock"),
        (("inventory_stockrow WHERE safety_stock IS NOT NULL", "sku_id, functional_id, safety_stock"),),
    ),
    "dedicated": (
        _("Dedicated units"),
        (("channels_dedicatedunits", "pool_id, shop_id, sku_id, quantity"),),
    ),
}
# Rows add up, so their order doesn't matter and nothing is sorted.
_DIGEST = "(SELECT count(*) || '/' || coalesce(sum(hash_record_extended(ROW({columns}), 0)), 0) FROM {table})"


def read_digests() -> dict[str, str]:
    """By what it is of, a text that is another one once the data is."""
    digests = [
        " || ' ' || ".join(_DIGEST.format(table=table, columns=columns) for table, columns in tables)
        for _label, tables in _TABLES.values()
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(digests)}")
        return dict(zip(_TABLES, cursor.fetchone(), strict=True))


def name_changed(before: Mapping[str, str]) -> list[str]:
    """The words for the data that isn't as it was when these digests were read."""
    now = read_digests()
    return [str(_TABLES[name][0]) for name, digest in before.items() if now[name] != digest]
