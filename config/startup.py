"""What every entry point does first: start the embedded services that the environment doesn't replace."""

import gc
import sys

from config.env import BASE_DIR, read_environment


def ensure_services() -> None:
    """Start PostgreSQL unless DATABASE_URL is set, and Valkey unless REDIS_URL is; exit with a sentence on failure."""
    environment = read_environment()
    postgres, valkey = not environment.database_url, not environment.redis_url
    if postgres or valkey:
        from config.services import ensure
        from config.services.errors import ServiceError

        try:
            ensure(BASE_DIR, postgres=postgres, valkey=valkey)
        except ServiceError as error:
            sys.exit(str(error))


def settle_memory() -> None:
    """Load what the first request would, and let the garbage collector pass over it: it lives as long as the process.

    Walking through all of Django's classes and patterns holds up every thread for a tenth of a second, again and again.
    """
    from django.urls import get_resolver

    get_resolver().check()
    gc.collect()
    gc.freeze()
    # A batch of a hundred sales makes some ten thousand short-lived objects; looking for cycles among them every
    # seven hundred takes a tenth of its time.
    gc.set_threshold(10_000, 20, 20)
