"""A small part of Linden, the demo company, in an empty database: ``python -m tests.browser.world``.

Its processes are those of the product, so it is made in a process of its own, which the environment points at the
database, the queue and the marketplace. The key of a program that reserves is written to the file in WORLD_API_KEY.
"""

import fcntl
import os
from datetime import timedelta
from pathlib import Path

import django

STYLES = ("WCOATS01", "WKNIT01", "WKNIT02", "WDRESS01", "WPANTS01", "WPANTS02", "MKNIT01", "MSHIRT01", "KTOPS01")
PLACES = ("DC-SH", "DC-BJ", "DC-GZ", "DC-CD", "ST-001", "ST-002", "ST-003", "ST-004", "DLR-HZ", "DLR-NB")
DEPTHS = {"DC-SH": 220, "DC-BJ": 140, "DC-GZ": 150, "DC-CD": 90, "DLR-HZ": 40, "DLR-NB": 40}
STORE_DEPTH = 12
STORE_MISSING = 4  # a store has all but every fourth SKU


def document():
    """The demo company's network with a few styles and places alone."""
    from channels.demo_company import network

    found = network.document()
    skus = [sku for sku in found["skus"] if sku["code"].startswith(STYLES)]
    kept = {sku["code"] for sku in skus}
    found["skus"] = skus + [sku for sku in found["skus"] if parts(sku) and parts(sku) <= kept]
    kept = {sku["code"] for sku in found["skus"]}
    found["warehouses"] = [place for place in found["warehouses"] if place["code"] in PLACES]
    for supply in found["supplies"]:
        supply["sources"] = [each for each in supply["sources"] if each["functional"].rpartition("-")[0] in PLACES]
    found["dedicated"] = [row for row in found["dedicated"] if row["sku"] in kept]
    for shop in found["shops"]:
        shop["listings"] = [listing for listing in shop["listings"] if parts(listing) <= kept]
    return found


def parts(row):
    return {part["sku"] for part in row.get("components", ())}


def movements():
    """The opening stock, the same at every run."""
    import random

    from channels.demo_company import catalogue
    from inventory.ledger.rules import Movement

    items = [item for item in catalogue.items(random.Random(2026)) if item.sku["code"].startswith(STYLES)]
    return [
        Movement(f"{place}-GOOD", item.sku["code"], "opening", units(place, item), reference="OPENING")
        for place in PLACES
        for number, item in enumerate(items)
        if place in DEPTHS or number % STORE_MISSING
    ]


def units(place, item):
    return 1 + round(DEPTHS.get(place, STORE_DEPTH) * item.popularity * item.size_weight)


def sales():
    """What was sold since, so that the ledger has something to tell."""
    from inventory.ledger.rules import Movement

    return [
        Movement(opened.functional, opened.sku, "issue", 1 + number % 3, reference=f"SO-{number:05d}")
        for number, opened in enumerate(movements()[::7])
        if opened.quantity > 4
    ]


def create_people():
    from django.contrib.auth.models import Group, User

    from channels.demo_company.actions import PASSWORD
    from inventory.models import Warehouse, WarehouseStaff
    from inventory.warehouses.actions import ensure_roles

    ensure_roles()
    for name, role in (("merchandiser", "Merchandiser"), ("store", "Store")):
        user = User.objects.create_user(name, f"{name}@linden.example", PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
    WarehouseStaff.objects.create(
        user=User.objects.get(username="store"), warehouse=Warehouse.objects.get(code="ST-001")
    )


def create_program():
    """Whatever sells for the shops, with a key of its own."""
    from core.keys import create_api_key

    _key, secret = create_api_key(name="shops", scopes=["reservations:write"], actor="demo")
    Path(os.environ["WORLD_API_KEY"]).write_text(secret)


def collect_static():
    """The one folder of the checkout, which several runs may want at once."""
    from django.conf import settings
    from django.core.management import call_command

    with (settings.VAR_DIR / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call_command("collectstatic", "--noinput", "-v0")


def main():
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.utils import timezone

    from channels.demo_company.marketplace import connect_shops
    from channels.network.actions import load_network
    from inventory.ledger.actions import place_holds, post_movements
    from inventory.ledger.rules import HoldRequest

    collect_static()
    call_command("migrate", "-v0")
    load_network(document(), actor="demo")
    now = timezone.now()
    post_movements(movements(), actor="demo", at=now - timedelta(days=2))
    post_movements(sales(), actor="demo", at=now - timedelta(days=1))
    shoot = HoldRequest("DC-SH-GOOD", movements()[0].sku, 5, "拍摄样衣 Photo shoot", now + timedelta(hours=9))
    place_holds([shoot], actor="demo")
    create_people()
    create_program()
    connect_shops(settings.MARKETPLACE_URL, os.environ["MARKETPLACE_ADMIN_SECRET"])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main()
