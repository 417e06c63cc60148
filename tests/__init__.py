"""Tests: a folder per app, and what crosses apps beside them."""
