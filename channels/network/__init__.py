"""The network document: a whole configuration as text."""
