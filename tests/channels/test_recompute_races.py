"""Several workers at once, and workers killed in the middle, on real transactions."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from channels.cascade.actions import claim_dirty, recompute, recompute_dirty, settle_claim
from channels.cascade.selectors import compute_numbers, verify_numbers
from channels.models import ListingTarget, Shop
from channels.sync.actions import request_due
from core.queue import nudge
from inventory.models import DirtySku
from tests.channels.small_world import settle
from tests.channels.worker_process import WorkerProcess, point_at, wait_until
from tests.factories import BundleComponentFactory, SkuFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quiet_queue(monkeypatch):
    """Nobody to wake, unless a test starts a worker of its own."""
    monkeypatch.setattr("core.queue._nudge", lambda *_args: None)


def in_thread(pool, work, *args):
    def run():
        try:
            return work(*args)
        finally:
            connection.close()

    return pool.submit(run)


def blocked_workers():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return cursor.fetchone()[0]


def test_two_workers_on_two_parts_of_one_listing(world):
    shirt, scarf = world.sku(10), world.sku(10)
    listing = world.listing(shirt, scarf)
    settle()
    world.issue(shirt, 6)
    one, numbers = claim_dirty(), compute_numbers([shirt.pk])
    world.issue(scarf, 3)
    written, go_on = threading.Event(), threading.Event()

    def slow_worker():
        with transaction.atomic():
            settle_claim(one, *numbers)
            written.set()
            go_on.wait(10)

    with ThreadPoolExecutor(2) as pool:
        slow = in_thread(pool, slow_worker)
        assert written.wait(10)
        fast = in_thread(pool, recompute_dirty)
        wait_until(blocked_workers)
        go_on.set()
        slow.result(10)
        fast.result(10)
    # Whoever came second has seen both parts.
    assert world.target(listing).quantity == 4


def test_many_workers_and_many_changes_end_equal(world):
    parts = [world.sku(50) for _ in range(6)]
    bundle = SkuFactory()
    for component in parts[:3]:
        BundleComponentFactory(bundle=bundle, component=component, quantity=2)
    listings = [world.listing(*parts[at : at + 2]) for at in range(5)] + [world.listing(bundle)]
    stop = threading.Event()

    def change(seed):
        random = Random(seed)
        for _ in range(40):
            world.move(random.choice(parts), random.choice(["receipt", "issue"]), 1)

    def work():
        while not stop.is_set():
            recompute_dirty(2)

    def work_on_everything():
        while not stop.is_set():
            recompute()

    with ThreadPoolExecutor(7) as pool:
        workers = [in_thread(pool, job) for job in (work, work, work, work_on_everything)]
        changes = [in_thread(pool, change, seed) for seed in range(3)]
        for done in changes:
            done.result(60)
        stop.set()
        for done in workers:
            done.result(60)
    DirtySku.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    settle()
    assert verify_numbers() == []
    free = {sku.pk: sku.stock.get().on_hand for sku in parts}
    for listing in listings[:5]:
        expected = min(free[part.sku_id] for part in listing.parts.all())
        assert world.target(listing).quantity == expected
    assert world.target(listings[5]).quantity == min(free[sku.pk] for sku in parts[:3]) // 2


@pytest.fixture
def worker(monkeypatch):
    """A worker that the test's own changes wake."""
    monkeypatch.undo()
    number = int("".join(filter(str.isdigit, settings.REDIS_URL.rsplit("/", 1)[1])))
    app = point_at(number)
    before = app.conf.broker_url
    process = WorkerProcess(connection.settings_dict["NAME"], number)
    yield process
    process.kill()
    app.conf.broker_url = before


def others_connected():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


def bury(worker):
    """kill -9, and then as if the leases it held and the waits it began had run out."""
    worker.kill()
    wait_until(lambda: not others_connected())
    past = timezone.now() - timedelta(seconds=1)
    DirtySku.objects.update(leased_until=past)
    Shop.objects.update(leased_until=past, push_after=past)
    ListingTarget.objects.filter(retry_at__isnull=False).update(retry_at=past)


def sweep():
    """What beat does every other second."""
    nudge("channels.cascade.tasks.recompute_dirty")
    request_due()


def unreachable():
    sweep()
    return Shop.objects.exclude(push_problem="").exists()


def equal(marketplace, config, listings):
    """The marketplace shows what is on hand."""
    sweep()
    expected = {code: listing.parts.get().sku.stock.get().on_hand for code, listing in listings.items()}
    return marketplace.stock(config) == expected


def assert_versions_grow(history):
    versions = {}
    for line in history:
        if line["result"] == "applied":
            assert line["version"] > versions.get(line["item"], 0)
            versions[line["item"]] = line["version"]


def test_kill_9_of_worker_and_marketplace_ends_equal(world, worker, marketplace, connect_shop):
    codes = [f"item{at}" for at in range(8)]
    config = connect_shop(world, marketplace, *codes)
    parts = [world.sku(50) for _ in codes]
    listings = {code: world.listing(sku, code=code) for code, sku in zip(codes, parts, strict=True)}
    random = Random(3)
    worker.start()

    def change(times):
        for _ in range(times):
            world.move(random.choice(parts), random.choice(["receipt", "issue"]), 1)

    change(20)
    wait_until(lambda: marketplace.history(config))
    change(30)
    bury(worker)
    marketplace.kill()
    change(20)
    worker.start()
    change(20)
    wait_until(unreachable)
    bury(worker)
    marketplace.start()
    worker.start()
    wait_until(lambda: equal(marketplace, config, listings))
    assert verify_numbers() == []
    # The number is on the marketplace a moment before its answer is written down.
    wait_until(lambda: not ListingTarget.objects.exclude(state="published").exists())
    assert not DirtySku.objects.exists()
    assert not ListingTarget.objects.filter(sent_quantity__isnull=False).exists()
    assert_versions_grow(marketplace.history(config))
