"""Reads of the catalogue."""

from collections.abc import Collection

from django.db import connection

_UNDER = """
    WITH RECURSIVE tree AS (
        SELECT unnest(%s::bigint[]) AS id
        UNION
        SELECT child.id FROM inventory_category child JOIN tree ON child.parent_id = tree.id)
    SELECT sku.id FROM inventory_sku sku WHERE sku.category_id IN (SELECT id FROM tree) ORDER BY sku.id
"""


def find_skus_in(category_ids: Collection[int]) -> list[int]:
    """The SKUs of these categories and of all below them, ascending."""
    if not category_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_UNDER, [list(category_ids)])
        return [sku for (sku,) in cursor.fetchall()]
