"""Sixty real days through the whole product: counts in over HTTP, numbers out on the marketplace."""

import json
import os
import signal
from itertools import islice, pairwise

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client

from channels.cascade.selectors import verify_numbers
from channels.models import ListingTarget, Shop
from channels.network.actions import load_network
from channels.platforms import vault
from core.keys import create_api_key
from inventory.models import StockRow, WaitingSku
from tests.channels.platforms.marketplace_server import start_marketplace
from tests.core.processes import start_celery, wait_for
from tests.factories import GoodsStatusFactory
from tests.real_panel import SHOPS, Day, network, read_days

__all__ = ["start_marketplace"]
pytestmark = [pytest.mark.realdata, pytest.mark.django_db(transaction=True)]

DAYS = 60
KILL_WORKER, KILL_MARKETPLACE, KILL_BOTH = 15, 30, 45


class Workers:
    """The processes of a real installation, to be killed like one."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.running: list = []

    def start(self) -> None:
        quiet = ("--without-gossip", "--without-mingle")
        beat = ("beat", "--pidfile=", "-s", str(self.folder / "beat"))
        self.running = [start_celery("worker", "-Q", "stock,publish", "-c", "2", *quiet), start_celery(*beat)]

    def kill(self) -> None:
        for process in self.running:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.running = []


@pytest.fixture
def workers(tmp_path):
    made = Workers(tmp_path)
    yield made
    made.kill()


def open_shops(marketplace):
    """Connect every shop to the marketplace, with the items it lists; the configurations by shop."""
    found = {}
    for shop in Shop.objects.prefetch_related("listings"):
        found[shop.code] = marketplace.open_shop(shop.code, [listing.code for listing in shop.listings.all()])
        shop.credentials = vault.seal(found[shop.code], vault.credential_keys())
        shop.save(update_fields=["credentials"])
    return found


def post_counts(client, headers, number, before: Day, today: Day, store: str) -> None:
    """One store's whole snapshot; what it no longer has is counted as 0."""
    units = dict.fromkeys(before.get(store, {}), 0) | today.get(store, {})
    body = {"functional": store, "counts": [{"sku": sku, "on_hand": count} for sku, count in units.items()]}
    answer = client.post(
        "/api/v1/stock/counts",
        json.dumps(body),
        "application/json",
        headers={**headers, "Idempotency-Key": f"{number}-{store}"},
    )
    assert answer.status_code == 200, answer.content


def is_settled() -> bool:
    return (
        not WaitingSku.objects.exists()
        and not ListingTarget.objects.filter(version__gt=F("published_version")).exists()
    )


def check_stock(today: Day) -> None:
    rows = StockRow.objects.filter(on_hand__gt=0).values_list("functional__code", "sku__code", "on_hand")
    assert {(store, sku): units for store, sku, units in rows} == {
        (store, sku): units for store, counts in today.items() for sku, units in counts.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM inventory_stockrow s
            LEFT JOIN (SELECT sku_id, functional_id, sum(quantity) AS total FROM inventory_ledgerentry GROUP BY 1, 2) l
            USING (sku_id, functional_id) WHERE s.on_hand <> coalesce(l.total, 0)"""
        )
        assert cursor.fetchone() == (0,)


def check_numbers(marketplace, configs) -> None:
    assert verify_numbers() == []
    targets = ListingTarget.objects.values_list("shop__code", "listing__code", "quantity", "published_quantity")
    shown = {code: marketplace.stock(config) for code, config in configs.items()}
    assert len(targets) == sum(map(len, shown.values()))
    for shop, item, quantity, published in targets:
        assert (shop, item, published, shown[shop][item]) == (shop, item, quantity, quantity)


def test_sixty_days_end_equal_whatever_is_killed(workers, start_marketplace):
    days = list(islice(read_days(), DAYS + 1))
    skus = sorted({sku for day in days for counts in day.values() for sku in counts})
    marketplace = start_marketplace("--rate", "5000", "--burst", "5000")
    GoodsStatusFactory(code="good")
    load_network(network(days[0], skus), actor="panel")
    configs = open_shops(marketplace)
    assert set(configs) == set(SHOPS)
    # Only now: a shop that is published to before it has credentials is left alone for five minutes.
    workers.start()
    _key, secret = create_api_key(name="panel", scopes=["stock:write"], actor="panel")
    client, headers = Client(), {"Authorization": f"Bearer {secret}"}
    for number, (before, today) in enumerate(pairwise(days), start=1):
        stores = sorted(set(before) | set(today))
        for position, store in enumerate(stores):
            post_counts(client, headers, number, before, today, store)
            if position == len(stores) // 2:
                if number in (KILL_WORKER, KILL_BOTH):
                    workers.kill()
                if number in (KILL_MARKETPLACE, KILL_BOTH):
                    marketplace.kill()
        if number in (KILL_MARKETPLACE, KILL_BOTH):
            marketplace.start()
        if number in (KILL_WORKER, KILL_BOTH):
            workers.start()
        wait_for(is_settled, 120)
        check_stock(today)
        check_numbers(marketplace, configs)
