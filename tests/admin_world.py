"""A company of any size for the tests of pages: so many of everything."""

from datetime import timedelta

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.utils import timezone

from channels.models import (
    ListingTarget,
    Reservation,
    ShopQuantity,
    ShopSales,
    Shortage,
    SimulatedNumber,
    SimulatedTarget,
    SkuFigures,
)
from channels.simulation.actions import create_simulation
from channels.simulation.rules.edits import PublishVersion
from core.models import ApiKey, AuditRun, IdempotencyKey, Job
from inventory.ledger.actions import HoldRequest, Movement, place_holds, post_movements
from inventory.models import Region, Sku, WarehouseStaff
from strategies.actions import create_strategy, publish_version, save_draft
from strategies.models import StrategyVersion
from tests import factories


def grow_world(size: int, start: int = 0) -> None:
    """`size` more rows of every model; `start` keeps names apart."""
    for number in range(start, start + size):
        _grow(number)


def _grow(number: int) -> None:
    category = factories.CategoryFactory(parent=factories.CategoryFactory())
    sku = factories.SkuFactory(brand=factories.BrandFactory(), category=category, season=f"S{number}")
    bundle = factories.BundleComponentFactory(component=sku).bundle
    parent = Region.objects.create(code=f"P{number}", name=f"Province {number}", level="province")
    region = Region.objects.create(code=f"C{number}", name=f"City {number}", level="city", parent=parent)
    warehouse = factories.WarehouseFactory(region=region)
    functional = factories.FunctionalWarehouseFactory(warehouse=warehouse)
    factories.GoodsStatusFactory(code=f"status-{number}")
    link = factories.SupplyLinkFactory(functional=functional)
    factories.LinkOverrideFactory(link=link, sku=sku, ratio=50)
    factories.LinkOverrideFactory(link=link, category=category, reserve=1)
    pool = factories.PoolFactory(supplies=[link.supply])
    shop = factories.ShopFactory()
    factories.ShareFactory(pool=pool, shop=shop, home_supply=link.supply)
    factories.DedicatedUnitsFactory(pool=pool, shop=shop, sku=sku)
    listing = factories.ListingFactory(shop=shop)
    for part in (sku, bundle):
        factories.ListingPartFactory(listing=listing, sku=part)
    ListingTarget.objects.create(listing=listing, shop=shop, quantity=5, wanted=5, version=2)
    ShopQuantity.objects.create(sku=sku, shop=shop, quantity=5)
    ShopSales.objects.create(sku=sku, shop=shop, day=timezone.localdate(), units=3)
    SkuFigures.objects.create(sku=sku, sold_7=3, sold_30=3)
    post_movements([Movement(functional.code, sku.code, "receipt", 10)], actor="test")
    place_holds([HoldRequest(functional.code, sku.code, 2, "photo", timezone.now() + timedelta(hours=2))], actor="test")
    _grow_reservations(number, shop, sku)
    _grow_strategies(number, sku)
    _grow_simulations(number, listing, sku)
    _grow_system(number, warehouse)


def _grow_reservations(number: int, shop: object, sku: object) -> None:
    owner = {"shop": shop, "caller": "test", "key": str(number), "actor": "test"}
    Reservation.objects.create(**owner, check_kind="stock", request_hash="", answer='"lines":[]}')
    short = {"sku": sku.code, "wanted": 9, "available": 8}
    Shortage.objects.create(**owner, request={"lines": [{"sku": sku.code, "quantity": 9}]}, lines=[short])


def _grow_strategies(number: int, sku: Sku) -> None:
    conditions = {"any": [{"all": [{"fact": "sku", "op": "in", "value": [sku.code]}]}]}
    said = {"code": f"strategy-{number}", "name": f"Strategy {number}", "note": "note"}
    version = create_strategy(kind="sync", conditions=conditions, action={"ratio": 80}, actor="test", **said)
    publish_version(version, actor="test")
    save_draft(version.strategy, conditions=conditions, action={"ratio": 70}, actor="test")


def _grow_simulations(number: int, listing: object, sku: Sku) -> None:
    version = StrategyVersion.objects.latest("pk")
    simulation = create_simulation(f"Simulation {number}", [PublishVersion(id=version.pk)], actor="test")
    said = {"simulation": simulation, "shop": listing.shop, "before": 9, "after": 0, "version_after": version.pk}
    SimulatedNumber.objects.create(sku=sku, **said)
    SimulatedTarget.objects.create(listing=listing, change="moved", **said)


def _grow_system(number: int, warehouse: object) -> None:
    user = User.objects.create(username=f"user-{number}")
    user.groups.add(Group.objects.create(name=f"group-{number}"))
    WarehouseStaff.objects.create(user=user, warehouse=warehouse)
    key = ApiKey.objects.create(name=f"key-{number}", prefix=f"p{number}", scopes=["stock"])
    IdempotencyKey.objects.create(api_key=key, route="/", key=str(number), request_hash="", status=200, body=b"")
    Job.objects.create(kind="test", title=f"Job {number}", created_by=user, state="running", total=10, done=number % 10)
    _grow_audits()
    LogEntry.objects.log_actions(user.pk, [warehouse], CHANGE, change_message="Changed.")


def _grow_audits() -> None:
    now = timezone.now()
    fault = {"check": "hold-sources", "where": "100 @ 1", "sentence": "%(id)d", "facts": {"id": 1}, "proposal": ""}
    AuditRun.objects.create(
        started_at=now,
        finished_at=now,
        complete=True,
        check_count=1,
        violation_count=1,
        results=[{"check": "hold-sources", "total": 1, "seconds": 0.1}],
        violations=[fault],
        actor="beat",
    )
