"""One warehouse, one supply, one pool and a shop on the demo marketplace, and short ways to change them."""

from dataclasses import dataclass

from channels.cascade.actions import recompute_dirty
from channels.models import Listing, ListingTarget, Shop, ShopQuantity
from inventory.ledger.actions import Movement, post_movements
from inventory.models import FunctionalWarehouse, Pool, Sku, Supply
from tests.factories import (
    FunctionalWarehouseFactory,
    ListingFactory,
    ListingPartFactory,
    PoolFactory,
    ShareFactory,
    SkuFactory,
    SupplyLinkFactory,
)


@dataclass
class SmallWorld:
    functional: FunctionalWarehouse
    supply: Supply
    pool: Pool
    shop: Shop

    def sku(self, units: int = 0, **fields: object) -> Sku:
        sku = SkuFactory(**fields)
        if units:
            self.receive(sku, units)
        return sku

    def receive(self, sku: Sku, units: int) -> None:
        self.move(sku, "receipt", units)

    def issue(self, sku: Sku, units: int) -> None:
        self.move(sku, "issue", units)

    def move(self, sku: Sku, kind: str, units: int) -> None:
        post_movements([Movement(functional=self.functional.code, sku=sku.code, kind=kind, quantity=units)], actor="t")

    def listing(self, *skus: Sku, **fields: object) -> Listing:
        listing = ListingFactory(shop=self.shop, **fields)
        for sku in skus:
            ListingPartFactory(listing=listing, sku=sku)
        return listing

    def quantity(self, sku: Sku) -> int | None:
        return ShopQuantity.objects.filter(shop=self.shop, sku=sku).values_list("quantity", flat=True).first()

    def target(self, listing: Listing) -> ListingTarget:
        return ListingTarget.objects.get(listing=listing)


def small_world() -> SmallWorld:
    link = SupplyLinkFactory(functional=FunctionalWarehouseFactory())
    pool = PoolFactory(supplies=[link.supply])
    share = ShareFactory(pool=pool)
    return SmallWorld(link.functional, link.supply, pool, share.shop)


def settle() -> None:
    """Work until nothing is dirty."""
    while recompute_dirty():
        pass
