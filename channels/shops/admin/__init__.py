"""Pages of channels, shops, shares, dedicated units and listings."""

from channels.shops.admin import listings, pools, shops

__all__ = ["listings", "pools", "shops"]
