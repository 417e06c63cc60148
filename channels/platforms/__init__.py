"""Connectors to the platforms: one contract, one registry, one folder per platform."""
