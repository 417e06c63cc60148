"""What the reserve rows are measured on: SKUs in three warehouses, one supply, one pool and five shops."""

from random import Random
from typing import Any, NamedTuple

from psycopg import Connection

from benchmarks.bench import Bench
from benchmarks.reference_reserve import Wanted
from benchmarks.stock_world import fill_stock
from channels.models import Channel, Share, Shop
from channels.reservations.rules import Basis, LineRequest, ReservationRequest
from inventory.models import FunctionalWarehouse, Pool, Sku, Supply, SupplyLink

PLACES = 3
LINES = 3
# Of the pool, in percent; a batch must never run out, so that both sides do the whole work.
RATIOS = (100, 80, 60, 40, 20)
UNITS = 1_000_000
EXPIRES_IN = 900

# Both sides book the same rows; what they hold must be all that is booked, on each row.
_WRONG = """
SELECT s.sku_id, s.functional_id, s.allocated, h.quantity
FROM inventory_stockrow s
FULL JOIN (
    SELECT sku_id, functional_id, sum(quantity) AS quantity FROM (
        SELECT sku_id, functional_id, quantity FROM inventory_hold WHERE closed_at IS NULL
        UNION ALL SELECT sku_id, functional_id, quantity FROM reference_hold
    ) AS holds GROUP BY sku_id, functional_id
) AS h USING (sku_id, functional_id)
WHERE coalesce(s.allocated, 0) <> coalesce(h.quantity, 0)
"""
_EMPTY = """
TRUNCATE reference_order, reference_hold, inventory_hold, inventory_dirtysku, inventory_dirtybatch, inventory_supply,
    inventory_pool, channels_channel CASCADE
"""


class Order(NamedTuple):
    """An order as both sides get it."""

    shop: str
    lines: tuple[tuple[int, int], ...]  # SKU number from 1, units

    @property
    def units(self) -> int:
        """What it takes from the stock."""
        return sum(units for _, units in self.lines)


class World(NamedTuple):
    """What was made: SKU number 1 is `first_sku`, and its code is `SKU-0000001`."""

    skus: int
    first_sku: int

    @property
    def locations(self) -> int:
        """How many stock rows there are."""
        return self.skus * PLACES

    def wanted(self, key: str, order: Order) -> Wanted:
        """The order for the reference."""
        ids = [self.first_sku - 1 + sku for sku, _ in order.lines]
        return Wanted(key, ids, [units for _, units in order.lines])

    def request(self, key: str, order: Order, check: Basis) -> ReservationRequest:
        """The order for the product."""
        lines = tuple(LineRequest(sku_code(sku), units) for sku, units in order.lines)
        return ReservationRequest("bench", key, order.shop, lines, check, expires_in=EXPIRES_IN, actor="bench")


def sku_code(number: int) -> str:
    """The code of a SKU by its number."""
    return f"SKU-{number:07d}"


def draw_orders(random: Random, skus: int, count: int, *, hot: bool) -> list[Order]:
    """Orders of three different SKUs, uniformly drawn; with `hot` one of them is always SKU 1."""
    orders = []
    for _ in range(count):
        picked = [1] * hot + random.sample(range(2, skus + 1), LINES - hot)
        shop = f"SHOP{random.randrange(len(RATIOS))}"
        orders.append(Order(shop, tuple((sku, random.randint(1, 3)) for sku in picked)))
    return orders


def make_world(bench: Bench, skus: int) -> World:
    """Replace everything by the stock of so many SKUs and the network above it."""
    with bench.connect(autocommit=True) as raw:
        raw.execute(_EMPTY)
        fill_stock(raw, skus=skus, places=PLACES, units=UNITS)
    supply = Supply.objects.create(code="L", name="Supply")
    SupplyLink.objects.bulk_create(
        SupplyLink(supply=supply, functional=functional) for functional in FunctionalWarehouse.objects.all()
    )
    pool = Pool.objects.create(code="P", name="Pool", mode=Pool.Mode.SHARED)
    pool.supplies.set([supply])
    channel = Channel.objects.create(code="online", name="Online")
    for at, ratio in enumerate(RATIOS):
        shop = Shop.objects.create(code=f"SHOP{at}", name=f"Shop {at}", channel=channel, platform="demo")
        Share.objects.create(pool=pool, shop=shop, ratio=ratio, priority=at + 1)
    return World(skus, Sku.objects.order_by("id").values_list("id", flat=True)[0])


def clean_up(connection: "Connection[Any]") -> None:
    """Do what the workers and the database do in time: no side pays for what the other has left."""
    connection.execute("TRUNCATE inventory_dirtysku, inventory_dirtybatch")
    for table in ("inventory_stockrow", "inventory_hold", "channels_reservation", "reference_order", "reference_hold"):
        connection.execute(f"VACUUM (ANALYZE) {table}")


def check_books(connection: "Connection[Any]") -> None:
    """Raise unless what is booked on each stock row is exactly what is held."""
    wrong = connection.execute(_WRONG).fetchmany(3)
    if wrong:
        raise RuntimeError(f"booked isn't held (SKU, functional warehouse, booked, held): {wrong}")
