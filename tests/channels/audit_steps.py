"""Short ways to reserve and to repair in tests of the audit."""

from channels.models import Reservation
from channels.reservations.actions import reserve
from channels.reservations.rules import LineRequest, ReservationRequest
from core.audit.actions import repair_violations
from core.audit.checks import all_checks
from core.audit.selectors import find_repairable


def book(world, *lines, key="k1", **options):
    requested = tuple(LineRequest(sku.code, quantity) for sku, quantity in lines)
    (result,) = reserve([ReservationRequest("me", key, world.shop.code, requested, actor="ann", **options)])
    assert result.error is None
    return Reservation.objects.get(pk=result.reservation_id)


def repair(name):
    check = all_checks()[name]
    return repair_violations(check, find_repairable(check), actor="ann")
