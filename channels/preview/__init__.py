"""What an edit would change in the numbers, worked out before it is saved."""
