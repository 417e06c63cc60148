"""Helpers of the Makefile. Nothing in the product imports them."""
