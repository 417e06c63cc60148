"""A shop whose marketplace has sold more than lies beneath its pool, another pool, and a place beneath none."""

from dataclasses import dataclass

from channels.models import Reservation, Shop, Shortage
from channels.reservations.actions import reserve
from channels.reservations.rules import Basis, LineRequest, ReservationRequest
from inventory.ledger.actions import Movement, post_movements
from inventory.models import FunctionalWarehouse, Pool
from tests.channels.small_world import small_world
from tests.factories import FunctionalWarehouseFactory, PoolFactory, SkuFactory, SupplyLinkFactory

CALLER = "marketplace"


@dataclass
class ShortWorld:
    shop: Shop
    pool: Pool
    home: FunctionalWarehouse  # beneath the shop's pool
    other_pool: Pool
    other: FunctionalWarehouse  # beneath the other pool alone
    far: FunctionalWarehouse  # beneath none

    def receive(self, functional, sku, units):
        post_movements([Movement(functional.code, sku, "receipt", units)], actor="test")

    def issue(self, functional, sku, units):
        post_movements([Movement(functional.code, sku, "issue", units, reason="test")], actor="test")

    def sell(self, key, *lines, **more):
        """What the marketplace asks: units it has sold already."""
        return reserve([self.request(key, *lines, **more)])[0]

    def request(self, key, *lines, **more):
        asked = tuple(LineRequest(sku, quantity) for sku, quantity in lines)
        return ReservationRequest(CALLER, key, self.shop.code, asked, Basis.STOCK, reference=f"order {key}", **more)

    def shortage(self, key, *lines, **more):
        """The shortage of a sale that can't be served."""
        assert self.sell(key, *lines, **more).error is not None
        return Shortage.objects.get(caller=CALLER, key=key)


def short_world(sku="COAT", units=3):
    """3 coats beneath the shop's pool, 20 beneath another one, 10 beneath none."""
    small = small_world()
    link = SupplyLinkFactory(functional=FunctionalWarehouseFactory())
    other_pool = PoolFactory(supplies=[link.supply])
    world = ShortWorld(
        small.shop, small.pool, small.functional, other_pool, link.functional, FunctionalWarehouseFactory()
    )
    SkuFactory(code=sku)
    world.receive(world.home, sku, units)
    world.receive(world.other, sku, 20)
    world.receive(world.far, sku, 10)
    return world


def reservation_of(key):
    return Reservation.objects.filter(caller=CALLER, key=key).first()
