"""One Redis client per process."""

from functools import cache

from django.conf import settings
from redis import Redis


@cache
def connection() -> Redis:
    """The shared client; it is thread-safe and reconnects by itself."""
    return Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=2)
