"""Pages of stock, ledger and holds."""

from inventory.ledger.admin import records, stock

__all__ = ["records", "stock"]
