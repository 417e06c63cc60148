"""Pages of reservations and shortages."""

from channels.reservations.admin import reservations, shortages

__all__ = ["reservations", "shortages"]
