"""The only verbs that make, change and end reservations."""
