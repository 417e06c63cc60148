"""What edits would change, together."""
