"""Brings Linden to life: through the same verbs that a real company's data go through."""

import random
from datetime import timedelta

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone

from channels.demo_company import catalogue, history, network, places, policies, sales, season
from channels.network.actions import load_network
from inventory.ledger.actions import place_holds, post_movements
from inventory.ledger.rules import HoldRequest, Movement
from inventory.models import LedgerEntry, Warehouse, WarehouseStaff
from inventory.warehouses.actions import ensure_roles

ACTOR = "demo"
PASSWORD = "onepool-demo"  # noqa: S105 — the demo's logins are printed for everyone to use
SEED = 2026


def logins() -> list[tuple[str, str, str]]:
    """(role, user name, password) of everyone at Linden."""
    return [
        ("Administrator", "admin", PASSWORD),
        ("Merchandiser", "merchandiser", PASSWORD),
        (f"Store {places.store_codes()[0]}", "store", PASSWORD),
        (f"Dealer {places.DEALERS[0][0]}", "dealer", PASSWORD),
    ]


def create_company() -> bool:
    """Create people, network, stock, history and strategies in one transaction; False when they are there already."""
    if LedgerEntry.objects.filter(actor=ACTOR).exists():
        return False
    with transaction.atomic():
        load_network(network.document(SEED), actor=ACTOR)
        _post_history()
        _create_people()
        _write_policies()
    return True


def _post_history() -> None:
    chance = random.Random(SEED + 1)  # noqa: S311 — invented figures, not secrets
    items = catalogue.items(random.Random(SEED))  # noqa: S311
    stock = history.opening(items, chance)
    today = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0)
    start = today - timedelta(days=history.DAYS + 1)
    opening = [
        Movement(functional, sku, "opening", quantity, reference="OPENING")
        for (functional, sku), quantity in stock.items()
    ]
    post_movements(opening, actor=ACTOR, at=start)
    for number, entries in enumerate(history.days(items, stock, chance), start=1):
        post_movements([_movement(entry) for entry in entries], actor=ACTOR, at=start + timedelta(days=number))
    _hold_some(stock)
    sales.sell(stock, chance, actor=ACTOR)


def _write_policies() -> None:
    now = timezone.localtime(timezone=timezone.get_default_timezone())
    items = catalogue.items(random.Random(SEED))  # noqa: S311
    season.record_season(items, random.Random(SEED + 2), today=now.date(), actor=ACTOR)  # noqa: S311
    policies.write_policies(now, user=User.objects.get(username="admin"), actor=ACTOR)


def _movement(entry: history.Entry) -> Movement:
    return Movement(
        entry.functional, entry.sku, entry.kind, entry.quantity, entry.to_functional, entry.reference, entry.reason
    )


def _hold_some(stock: dict[tuple[str, str], int]) -> None:
    """A photo shoot and a key account hold a few units, one of them until tomorrow."""
    held = [key for key, units in stock.items() if key[0] == "DC-SH-GOOD" and units > 30][:6]
    tomorrow = timezone.now() + timedelta(days=1)
    place_holds(
        [
            HoldRequest(
                functional,
                sku,
                5,
                "拍摄样衣 Photo shoot" if number % 2 else "大客户预留 Key account",
                expires_at=tomorrow if number % 2 else None,
            )
            for number, (functional, sku) in enumerate(held)
        ],
        actor=ACTOR,
    )


def _create_people() -> None:
    ensure_roles()
    User.objects.create_superuser("admin", "admin@linden.example", PASSWORD)
    for name, role in (("merchandiser", "Merchandiser"), ("store", "Store"), ("dealer", "Dealer")):
        user = User.objects.create_user(name, f"{name}@linden.example", PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
    for name, warehouse in (("store", places.store_codes()[0]), ("dealer", places.DEALERS[0][0])):
        WarehouseStaff.objects.create(
            user=User.objects.get(username=name), warehouse=Warehouse.objects.get(code=warehouse)
        )
