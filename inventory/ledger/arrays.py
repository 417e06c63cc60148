"""Columns of a batch as PostgreSQL array literals.

psycopg looks at every element to find its type; these columns have one, so the text is simply written.
"""

from collections.abc import Iterable
from datetime import datetime

from inventory.ledger.rules import RowKey


def unnest(*types: str) -> str:
    """`unnest(...)` over one array parameter per type.

    The arrays stand in sub-selects to hide their length: the planner then takes the rows one by one through the
    index. Told of a thousand rows it would rather read the whole table, and the cost would grow with the stock.
    """
    return f"unnest({', '.join(f'(SELECT %s::{kind}[])' for kind in types)})"


def int_array(values: Iterable[int | None]) -> str:
    """Integers or NULLs."""
    # A list prints itself far faster than its elements one by one.
    return "{" + str(list(values))[1:-1].replace("None", "NULL") + "}"


def text_array(values: Iterable[str]) -> str:
    """Texts, of any content but NUL."""
    texts = list(values)
    joined = '","'.join(texts)
    if "\\" in joined or joined.count('"') > 2 * len(texts) - 2:
        joined = '","'.join([text.replace("\\", "\\\\").replace('"', '\\"') for text in texts])
    return f'{{"{joined}"}}' if texts else "{}"


def time_array(values: Iterable[datetime | None]) -> str:
    """Aware times or NULLs."""
    return "{" + ",".join(["NULL" if value is None else value.isoformat() for value in values]) + "}"


def key_arrays(rows: Iterable[RowKey]) -> list[str]:
    """Row keys as an array of SKU ids and one of functional warehouse ids."""
    keys = list(rows)
    return [int_array(sku for sku, _ in keys), int_array(functional for _, functional in keys)]
