"""The stored shop quantities by codes, in one query: the read that carts and shop pages make all day."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

# A SKU without a stored number has never had one above zero.
_FIND = """
    SELECT shop.code, sku.code, coalesce(stored.quantity, 0), coalesce(stored.version, 0)
    FROM channels_shop shop
    CROSS JOIN inventory_sku sku
    LEFT JOIN channels_shopquantity stored ON stored.sku_id = sku.id AND stored.shop_id = shop.id
    WHERE shop.code = ANY(%s) AND sku.code = ANY(%s)
"""
_KNOWN = """
    SELECT 'shop', code FROM channels_shop WHERE code = ANY(%s)
    UNION ALL SELECT 'sku', code FROM inventory_sku WHERE code = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Availability:
    """(shop, SKU, quantity, version) in the order asked, and the codes there is nothing behind."""

    items: Sequence[tuple[str, str, int, int]]
    unknown: Sequence[str]


def find_availability(shops: Sequence[str], skus: Sequence[str]) -> Availability:
    """What each of these shops may sell of each of these SKUs; repeated codes count once."""
    shops, skus = list(dict.fromkeys(shops)), list(dict.fromkeys(skus))
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [shops, skus])
        found = {(shop, sku): (quantity, version) for shop, sku, quantity, version in cursor.fetchall()}
        unknown: list[str] = []
        if len(found) < len(shops) * len(skus):
            cursor.execute(_KNOWN, [shops, skus])
            known = set(cursor.fetchall())
            asked = [*(("shop", code) for code in shops), *(("sku", code) for code in skus)]
            unknown = [code for kind, code in asked if (kind, code) not in known]
    pairs = ((shop, sku) for shop in shops for sku in skus if (shop, sku) in found)
    return Availability([(*pair, *found[pair]) for pair in pairs], unknown)
