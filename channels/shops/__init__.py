"""Channels, shops, shares, dedicated units and listings."""
