"""The network the cascade is measured on: 20 warehouses, 3 supply warehouses, 3 pools and 30 shops."""

from dataclasses import dataclass

from django.db import connection, transaction

from benchmarks.reference_cascade import SqlCascade
from channels.cascade.actions import recompute
from channels.models import Channel, Share, Shop
from inventory.models import DirtySku, FunctionalWarehouse, GoodsStatus, Pool, Supply, SupplyLink, Warehouse

WAREHOUSES = 20
DEFECTIVE = 3
SHOPS = 30
# Ratio and reserve of each supply warehouse's links, and every how many warehouses it has one.
SUPPLIES = (("100", 0, 1), ("30", 2, 2), ("50", 0, 2))
# The supply warehouses of each pool; the second and third reach some stock twice.
POOLS = ((0,), (0, 1), (1, 2))


@dataclass(frozen=True)
class World:
    """What was made."""

    skus: int
    shop_ids: list[int]
    first_sku: int

    @property
    def numbers(self) -> int:
        """How many shop quantities there are."""
        return self.skus * len(self.shop_ids)


@transaction.atomic
def make_world(skus: int) -> World:
    """SKUs with stock in every functional warehouse, and the network above it."""
    functionals = _make_warehouses()
    shop_ids = _make_network(functionals)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_sku (code, name, search_name, season, tags, lifecycle, created_at) "
            "SELECT 'S' || n, 'Item ' || n, '', '', '{}', 'regular', now() FROM generate_series(1, %s) n",
            [skus],
        )
        cursor.execute(
            "INSERT INTO inventory_stockrow (sku_id, functional_id, on_hand, allocated, version, updated_at) "
            "SELECT sku.id, f, 3 + (sku.id * 7919 + f * 104729) %% 60, (sku.id + f) %% 4, 1, now() "
            "FROM inventory_sku sku CROSS JOIN unnest(%s::bigint[]) f",
            [[functional.pk for functional in functionals]],
        )
        cursor.execute("SELECT min(id) FROM inventory_sku")
        (first,) = cursor.fetchone()
    return World(skus, shop_ids, first)


def settle() -> None:
    """Compute and store every number once, and let the planner know the tables."""
    recompute()
    DirtySku.objects.all().delete()
    vacuum("inventory_stockrow", "inventory_sku", "channels_shopquantity", "inventory_dirtysku")


def sql_cascade() -> SqlCascade:
    """The same network for the reference."""
    supplies = [f"L{at}" for at in range(len(SUPPLIES))]
    pools = {f"P{at}": [supplies[supply] for supply in gathered] for at, gathered in enumerate(POOLS)}
    return SqlCascade(supplies, pools)


def vacuum(*tables: str) -> None:
    """Leave no dead rows to the side measured next."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"VACUUM (ANALYZE) {table}")


def _make_warehouses() -> list[FunctionalWarehouse]:
    good = GoodsStatus.objects.get_or_create(code="good", defaults={"name": "Good", "sellable": True})[0]
    defective = GoodsStatus.objects.get_or_create(code="defective", defaults={"name": "Defective"})[0]
    warehouses = Warehouse.objects.bulk_create(
        Warehouse(code=f"W{at:02d}", name=f"Warehouse {at}") for at in range(WAREHOUSES)
    )
    parts = [FunctionalWarehouse(code=f"{w.code}-GOOD", warehouse=w, status=good, safety_stock=1) for w in warehouses]
    parts += [
        FunctionalWarehouse(code=f"{w.code}-BAD", warehouse=w, status=defective, sellable=False)
        for w in warehouses[:DEFECTIVE]
    ]
    return FunctionalWarehouse.objects.bulk_create(parts)


def _make_network(functionals: list[FunctionalWarehouse]) -> list[int]:
    sellable = [functional for functional in functionals if functional.sellable]
    supplies = Supply.objects.bulk_create(Supply(code=f"L{at}", name=f"Supply {at}") for at in range(len(SUPPLIES)))
    SupplyLink.objects.bulk_create(
        SupplyLink(supply=supply, functional=functional, ratio=ratio, reserve=reserve)
        for supply, (ratio, reserve, every) in zip(supplies, SUPPLIES, strict=True)
        for functional in sellable[::every]
    )
    channel = Channel.objects.create(code="online", name="Online")
    shops = Shop.objects.bulk_create(
        Shop(code=f"SHOP{at:02d}", name=f"Shop {at}", channel=channel, platform="demo") for at in range(SHOPS)
    )
    for at, gathered in enumerate(POOLS):
        pool = Pool.objects.create(code=f"P{at}", name=f"Pool {at}", mode=Pool.Mode.SHARED)
        pool.supplies.set([supplies[supply] for supply in gathered])
        Share.objects.bulk_create(
            Share(pool=pool, shop=shop, ratio=30 + 2 * rank, holdback=rank % 3, priority=rank + 1)
            for rank, shop in enumerate(shops[at :: len(POOLS)])
        )
    return [shop.pk for shop in shops]
