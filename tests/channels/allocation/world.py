"""Random networks in the database, with strategies for single pools and SKUs, and sales."""

from channels.models import Shop, ShopVelocity
from channels.network.actions import load_network
from inventory.models import Sku
from strategies.actions import create_strategy, publish_version

ASIDE = ("closed_pools", "sales", "allocation")  # what a network document doesn't have


def publish(code, action, *rows):
    """A new strategy in force, and its version."""
    draft = create_strategy(
        kind="allocation",
        code=code,
        name=code,
        conditions={"any": [{"all": list(rows)}]} if rows else {},
        action=action,
        actor="t",
    )
    return publish_version(draft, actor="t")


def one_of(fact, *codes):
    """A row that asks for one of these."""
    return {"fact": fact, "op": "in", "value": list(codes)}


def build(document):
    """Write the document into the database; (pool, SKU) -> the id of the version that decides it."""
    network = {key: value for key, value in document.items() if key not in ASIDE}
    shops = [shop | {"channel": "c", "platform": "demo"} for shop in document["shops"]]
    load_network(network | {"shops": shops}, actor="t")
    skus, shops = dict(Sku.objects.values_list("code", "pk")), dict(Shop.objects.values_list("code", "pk"))
    ShopVelocity.objects.bulk_create(
        ShopVelocity(sku_id=skus[row["sku"]], shop_id=shops[row["shop"]], units_30=row["units"])
        for row in document.get("sales", [])
    )
    return {
        (row["pool"], row["sku"]): publish(
            f"A{at}", row["action"], one_of("pool", row["pool"]), one_of("sku", row["sku"])
        ).pk
        for at, row in enumerate(document.get("allocation", []))
    }
