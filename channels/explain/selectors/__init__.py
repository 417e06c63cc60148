"""Explains numbers: the path of a shop's quantity through the five layers."""

from channels.explain.selectors.paths import explain_number, find_scarcest

__all__ = ["explain_number", "find_scarcest"]
