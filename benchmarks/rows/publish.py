"""From the commit of a stock change to the number on the demo marketplace, with real workers."""

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection
from pydantic import SecretStr

from benchmarks.bench import Bench
from benchmarks.processes import marketplace, workers
from benchmarks.variants import Limit
from channels.models import Channel, Listing, ListingPart, ListingTarget, Share, Shop
from channels.platforms import vault
from channels.platforms.demo.config import DemoConfig
from channels.platforms.demo.setup import DemoItem, DemoShop, publish_items, register_shops
from channels.platforms.demo.transport import SignedTransport
from inventory.ledger.actions import Movement, post_movements
from inventory.models import FunctionalWarehouse, GoodsStatus, Pool, Sku, Supply, SupplyLink, WaitingSku, Warehouse

LIMIT = 1.0
PER_SECOND = 200
SHOPS = 4
ADMIN_SECRET = "opens-the-shops"
SETTLE_SECONDS = 120.0

Change = tuple[str, int, float]  # item, the most the platform may show once it knows, when it was committed


def publish(bench: Bench) -> Iterator[Limit]:
    """Single changes at a steady pace; each shop offers every SKU."""
    skus, seconds, pace = bench.scale(300, 30), bench.scale(20, 2), bench.scale(PER_SECOND, 50)
    with TemporaryDirectory() as folder, marketplace(Path(folder), ADMIN_SECRET) as address:
        configs = _make_company(skus, address)
        with workers(connection.settings_dict["NAME"]):
            _wait_published()
            found: list[float] = []

            def measure() -> float:
                found[:] = sorted(_latencies(_change(skus, pace, pace * seconds), configs))
                return found[int(len(found) * 0.99)]

            yield Limit(f"p99 at {pace} changes/s, {SHOPS} shops", "s", LIMIT, measure)
            # The same measurement once more, read elsewhere: half of all are faster than this.
            yield Limit(f"median at {pace} changes/s, {SHOPS} shops", "s", LIMIT, lambda: found[len(found) // 2])


def _make_company(skus: int, address: str) -> list[DemoConfig]:
    """One warehouse behind shops that all offer every SKU; what reaches each shop's marketplace."""
    status = GoodsStatus.objects.get_or_create(code="good", defaults={"name": "Good", "sellable": True})[0]
    warehouse = Warehouse.objects.create(code="W", name="Warehouse")
    functional = FunctionalWarehouse.objects.create(code="W-GOOD", warehouse=warehouse, status=status)
    supply = Supply.objects.create(code="L", name="Supply")
    SupplyLink.objects.create(supply=supply, functional=functional)
    pool = Pool.objects.create(code="P", name="Pool")
    pool.supplies.set([supply])
    goods = Sku.objects.bulk_create(Sku(code=f"S{at}", name=f"Item {at}") for at in range(skus))
    channel = Channel.objects.create(code="online", name="Online")
    configs = []
    for at in range(SHOPS):
        opened = DemoShop(f"SHOP{at}", f"Shop {at}", f"店铺 {at}", "mall", f"key-{at}", f"secret-of-{at}")
        register_shops(address, ADMIN_SECRET, [opened])
        config = DemoConfig(base_url=address, app_key=opened.app_key, app_secret=SecretStr(opened.app_secret))
        publish_items(config, [DemoItem(sku.code, sku.name) for sku in goods])
        sealed = vault.seal(config, vault.credential_keys())
        shop = Shop.objects.create(
            code=opened.code, name=opened.name, channel=channel, platform="demo", credentials=sealed
        )
        Share.objects.create(pool=pool, shop=shop, priority=at + 1)
        listings = Listing.objects.bulk_create(Listing(shop=shop, code=sku.code) for sku in goods)
        ListingPart.objects.bulk_create(
            ListingPart(listing=listing, sku=sku) for listing, sku in zip(listings, goods, strict=True)
        )
        configs.append(config)
    post_movements([Movement("W-GOOD", sku.code, "receipt", 100_000) for sku in goods], actor="bench")
    return configs


def _wait_published() -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while (
        not ListingTarget.objects.filter(state="published").exists()
        # Marks first: they go in the transaction that changes the targets.
        or WaitingSku.objects.exists()
        or ListingTarget.objects.exclude(state="published").exists()
    ):
        if time.monotonic() > deadline:
            raise RuntimeError("the workers didn't publish in time")
        time.sleep(0.1)


def _change(skus: int, pace: int, times: int) -> list[Change]:
    """Issue one unit at a time, so that a number at or below a change's own shows that it has arrived."""
    random = Random(5)
    left = dict.fromkeys(range(skus), 100_000)
    changes = []
    start = time.monotonic()
    for turn in range(times):
        time.sleep(max(0.0, start + turn / pace - time.monotonic()))
        at = random.randrange(skus)
        post_movements([Movement("W-GOOD", f"S{at}", "issue", 1)], actor="bench")
        left[at] -= 1
        changes.append((f"S{at}", left[at], time.time()))
    _wait_published()
    return changes


def _latencies(changes: list[Change], configs: list[DemoConfig]) -> Iterator[float]:
    """Seconds from each change to the moment a shop's marketplace had taken it, for every shop."""
    for config in configs:
        arrived: dict[str, list[tuple[int, float]]] = {}
        for line in _history(config):
            if line["result"] == "applied":
                arrived.setdefault(line["item"], []).append((line["quantity"], line["received_at"]))
        for item, most, committed in changes:
            yield min(at for quantity, at in arrived[item] if quantity <= most) - committed


def _history(config: DemoConfig) -> Iterator[dict[str, Any]]:
    transport = SignedTransport(config.base_url, config.app_key, config.app_secret.get_secret_value())
    after = "0"
    while after:
        page = transport.call("GET", "/api/history", after=after)
        yield from page["updates"]
        after = page["next"]
    transport.close()


ROWS = {"publish": publish}
