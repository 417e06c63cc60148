"""Real services for every test: the embedded servers, or those the environment names."""

import os
from collections.abc import Iterator

import pytest

from config.startup import ensure_services

ensure_services()


@pytest.fixture(scope="session", autouse=True)
def own_redis_number() -> Iterator[None]:
    """Keep the tests' keys out of the demo's and out of each other's way."""
    from celery import current_app
    from django.conf import settings

    from core.redis import connection

    # Whitenoise warns of a folder that only `collectstatic` makes.
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    number = 1 + int(worker) % 14
    settings.REDIS_URL = _with_number(settings.REDIS_URL, number)
    settings.CACHES["default"]["LOCATION"] = settings.REDIS_URL
    connection.cache_clear()
    connection().flushdb()
    # What the tests enqueue must never reach the workers of a running demo.
    current_app.conf.broker_url = settings.REDIS_URL.replace("unix://", "redis+socket://").replace(
        "?db=", "?virtual_host="
    )
    yield
    connection().flushdb()


@pytest.fixture(autouse=True)
def english() -> None:
    """A page that a test asked for in Chinese leaves the thread in Chinese."""
    from django.utils import translation

    translation.activate("en")


@pytest.fixture(autouse=True)
def unknown_keys() -> None:
    """A process believes an API key for a moment; each test makes its own."""
    from core.api.auth import forget_keys

    forget_keys()


def _with_number(url: str, number: int) -> str:
    if url.startswith("unix://"):
        return f"{url.split('?', maxsplit=1)[0]}?db={number}"
    host = url.split("://", 1)[1].split("/", maxsplit=1)[0]
    return f"{url.split('://', 1)[0]}://{host}/{number}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """Mark the test database as one that may be emptied: flushing truncates the ledger."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET onepool.disposable = 'on'")
        cursor.execute("SET onepool.disposable = 'on'")
