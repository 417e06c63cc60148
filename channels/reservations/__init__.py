"""Reservations: units promised to a shop's customers and held on stock rows."""
