"""How requests are judged and seated: values in, values out."""

from channels.reservations.rules.shapes import Basis, LineRequest, ReservationRequest, ShortLine

__all__ = ["Basis", "LineRequest", "ReservationRequest", "ShortLine"]
