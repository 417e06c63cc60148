"""Wipe the state of the demo: the database, the queues and the marketplace."""

import os

import psycopg
import redis

from config.demo_parts import DemoError, marketplace_file
from config.services import Services

RESTORE_SCHEMA = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


def wipe_demo(services: Services) -> None:
    """Empty everything the demo writes to. Raises DemoError when that is a real server and nobody confirmed."""
    database_url, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    named = [name for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)]
    if named and os.environ.get("CONFIRM") != "1":
        raise DemoError(
            f"This would delete everything on the server of {' and '.join(named)}: "
            "to do that, run make demo-reset CONFIRM=1."
        )
    try:
        with psycopg.connect(database_url or services.database_url) as connection:
            # Somebody who still works there would make the wipe wait for ever.
            connection.execute("SET LOCAL lock_timeout = '10s'")
            connection.execute(RESTORE_SCHEMA)
        with redis.Redis.from_url(redis_url or services.redis_url) as valkey:
            valkey.flushdb()
    except (psycopg.Error, redis.RedisError) as error:
        raise DemoError(f"The demo could not be wiped: {str(error).strip().splitlines()[0]}") from error
    for suffix in ("", "-wal", "-shm", "-journal"):
        path = marketplace_file(services)
        path.with_name(path.name + suffix).unlink(missing_ok=True)
