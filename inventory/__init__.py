"""Catalogue, warehouses, stock and ledger, holds, supply and pools."""
