"""Template tags of channels."""
