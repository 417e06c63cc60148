"""Measures the product against the least code that does the same work honestly."""
