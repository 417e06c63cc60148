"""Supply warehouses, their links and overrides, and dispatch pools."""
