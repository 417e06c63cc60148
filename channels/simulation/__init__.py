"""What several edits together would change in every number: tried on the live data, taken back, and kept."""
