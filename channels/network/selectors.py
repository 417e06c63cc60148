"""Reads the installation as a network document."""

from typing import Any

from channels.network import registry
from channels.network.tables import Records, read_table
from inventory.supply.selectors import one_snapshot


def dump_network(*, with_stock: bool = False) -> dict[str, Any]:
    """The whole configuration; the same state always gives the same document, in the same order.

    Credentials are never part of it. Stock is only `with_stock`: a document for a running installation
    leaves it out.
    """
    document: dict[str, Any] = {"version": 1}
    with one_snapshot():
        for section in registry.all_sections():
            if section.on_request and not with_stock:
                continue
            records: dict[str, Records] = {
                table.name: {key: values for key, (_id, values) in read_table(table).items()}
                for table in section.tables
            }
            document[section.key] = section.write_down(records)
    return document
