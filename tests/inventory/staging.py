"""Counts in a temporary table, as a large file brings them."""

from django.db import connection


def stage(*rows):
    """(SKU, on hand, expected[, functional warehouse]) as the table `staged` of this transaction, from place 2."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE staged (place int, sku_id bigint, functional_id bigint, on_hand int, expected int)"
            " ON COMMIT DROP"
        )
        for place, (sku, on_hand, expected, *functional) in enumerate(rows, start=2):
            cursor.execute(
                "INSERT INTO staged SELECT %s, s.id, f.id, %s, %s FROM inventory_sku s, inventory_functionalwarehouse f"
                " WHERE s.code = %s AND f.code = %s",
                [place, on_hand, expected, sku, *(functional or ["DC1-GOOD"])],
            )
