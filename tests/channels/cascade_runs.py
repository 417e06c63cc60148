"""Networks run through the cascade straight from their documents."""

from channels.cascade.rules import compute
from tests.channels import documents


def run(document, **options):
    return compute(documents.cascade_network(document), documents.stock(document), **options)


def scarce_document(scarcity_at):
    """A pool of 10, of which 4 are dedicated to the second shop."""
    return {
        "skus": [{"code": "S"}],
        "warehouses": [{"code": "W", "functional": [{"code": "F", "status": "good"}]}],
        "supplies": [{"code": "L", "sources": [{"functional": "F"}]}],
        "pools": [
            {
                "code": "P",
                "supplies": ["L"],
                "scarcity_at": scarcity_at,
                "shares": [{"shop": "B", "ratio": 50, "priority": 1}, {"shop": "A", "ratio": 50, "priority": 2}],
            }
        ],
        "shops": [{"code": "A"}, {"code": "B"}],
        "dedicated": [{"pool": "P", "shop": "A", "sku": "S", "quantity": 4}],
        "stock": [{"functional": "F", "sku": "S", "on_hand": 10}],
    }
