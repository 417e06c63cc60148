"""Allocation strategies: how pools are shared by shops, SKU by SKU, where a strategy decides it."""
