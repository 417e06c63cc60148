"""Pages of the strategy centre."""
