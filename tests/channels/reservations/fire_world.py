"""What is sold under fire: three places, pools that share them, three shops, and SKUs of its own for each scenario.

`python -m tests.channels.reservations.fire_world MARKETPLACE` makes it in the empty database that the environment
names, and prints the API key to sell with.
"""

import os
import sys

SCENARIOS = ("calm", "web", "worker", "backend", "postmaster", "copies", "rivals", "greedy", "last")
PLACES = {"A-GOOD": 0, "B-GOOD": 5, "C-GOOD": 0}  # functional warehouse: safety stock
SHOPS = {"online": "entitlement", "stores": "entitlement", "market": "stock"}
UNIFORM = 120
UNIFORM_UNITS = 40  # in each place
LISTED = 15
DEDICATED = 20
SET_PARTS = (2, 1)  # of the first two uniform SKUs


def hot(scenario):
    """The SKU everybody wants."""
    return f"{scenario}-HOT"


def uniform(scenario):
    return [f"{scenario}-{number:03d}" for number in range(UNIFORM)]


def bundle(scenario):
    return f"{scenario}-SET"


def components(sku, quantity):
    """The SKUs that are booked for a line, with their units."""
    scenario, _, kind = sku.rpartition("-")
    if kind != "SET":
        return {sku: quantity}
    return {part: quantity * each for part, each in zip(uniform(scenario), SET_PARTS, strict=False)}


def hot_units(seconds):
    """So few in each place that they are sold out long before the end."""
    return round(3 * seconds) + 10


def listed(scenario):
    return [hot(scenario), *uniform(scenario)[:LISTED]]


def document(seconds):
    """The network and its opening stock as a document."""
    skus = [sku for scenario in SCENARIOS for sku in (hot(scenario), *uniform(scenario))]
    sets = [{"code": bundle(scenario), "components": parts(scenario)} for scenario in SCENARIOS]
    return {
        "version": 1,
        "statuses": [{"code": "good", "name": "Good", "sellable": True}],
        "channels": [{"code": "direct"}],
        "skus": [{"code": code} for code in skus] + sets,
        "warehouses": [
            {"code": code[0], "functional": [{"code": code, "safety_stock": safety}]} for code, safety in PLACES.items()
        ],
        "supplies": [
            {"code": "EAST", "sources": [{"functional": "A-GOOD"}, {"functional": "B-GOOD", "ratio": 30}]},
            {"code": "WEST", "sources": [{"functional": "B-GOOD"}, {"functional": "C-GOOD", "reserve": 3}]},
        ],
        "pools": [
            pool("NEAR", ["EAST"], "shared", [("online", 80, 1), ("market", 60, 2)]),
            pool("FAR", ["WEST"], "priority", [("stores", 70, 1), ("market", 100, 2)]),
            pool("WIDE", ["EAST", "WEST"], "proportional", [("online", 50, 1), ("stores", 50, 2)]),
        ],
        "dedicated": [
            {"pool": "NEAR", "shop": "online", "sku": sku, "quantity": DEDICATED}
            for scenario in SCENARIOS
            for sku in (hot(scenario), uniform(scenario)[2])
        ],
        "shops": [
            {"code": code, "channel": "direct", "platform": "demo", "listings": listings(code)} for code in SHOPS
        ],
        "stock": [
            {"functional": place, "sku": sku, "on_hand": hot_units(seconds) if sku.endswith("-HOT") else UNIFORM_UNITS}
            for place in PLACES
            for sku in skus
        ],
    }


def pool(code, supplies, mode, shares):
    rows = [{"shop": shop, "ratio": ratio, "priority": priority} for shop, ratio, priority in shares]
    return {"code": code, "supplies": supplies, "mode": mode, "shares": rows}


def parts(scenario):
    return [{"sku": sku, "quantity": each} for sku, each in zip(uniform(scenario), SET_PARTS, strict=False)]


def listings(shop):
    """One marketplace shows some of what is sold everywhere."""
    if shop != "market":
        return []
    return [{"code": sku, "components": [{"sku": sku}]} for scenario in SCENARIOS for sku in listed(scenario)]


def connect_market(marketplace, secret):
    """Open the shop there and keep its key."""
    from pydantic import SecretStr

    from channels.models import Shop
    from channels.platforms.demo.config import DemoConfig
    from channels.platforms.demo.setup import DemoItem, DemoShop, publish_items, register_shops
    from channels.platforms.vault import credential_keys, seal

    shop = DemoShop("market", "Market", "市场", "mall", "key-market", "secret-of-market")
    register_shops(marketplace, secret, [shop])
    config = DemoConfig(base_url=marketplace, app_key=shop.app_key, app_secret=SecretStr(shop.app_secret))
    publish_items(config, [DemoItem(sku, sku) for scenario in SCENARIOS for sku in listed(scenario)])
    Shop.objects.filter(code="market").update(credentials=seal(config, credential_keys()))


def main(marketplace, secret, seconds):
    import django

    django.setup()
    from django.core.management import call_command

    from channels.network.actions import load_network
    from core.keys import create_api_key

    call_command("migrate", "-v0")
    load_network(document(float(seconds)), actor="fire")
    connect_market(marketplace, secret)
    scopes = ["availability", "stock", "stock:write", "reservations", "reservations:write"]
    sys.stdout.write(create_api_key(name="fire", scopes=scopes, actor="fire")[1])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(*sys.argv[1:])
