"""Reads for simulations."""
