import pytest

from channels.platforms import vault
from channels.sync import connections
from tests.channels.platforms.marketplace_server import marketplace, start_marketplace
from tests.channels.small_world import small_world

__all__ = ["marketplace", "start_marketplace"]


@pytest.fixture
def world():
    return small_world()


@pytest.fixture
def connect_shop():
    """Open a world's shop on a marketplace with items, and save its credentials; what a connector needs."""
    made = []

    def connect(world, server, *items):
        config = server.open_shop(world.shop.code, items)
        world.shop.credentials = vault.seal(config, vault.credential_keys())
        world.shop.save(update_fields=["credentials"])
        made.append(world.shop.pk)
        return config

    yield connect
    for shop in made:
        if known := connections._connections.pop(shop, None):
            known.platform.close()
