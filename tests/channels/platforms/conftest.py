from tests.channels.platforms.marketplace_server import marketplace, start_marketplace

__all__ = ["marketplace", "start_marketplace"]
