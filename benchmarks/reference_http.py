"""The least web application that reserves: one ninja endpoint calling the reference's function, as `granian` loads it.

`ONEPOOL_BENCH_URL` names the database. With `ONEPOOL_BENCH_MIDDLEWARE` it stands behind Django's default middleware.
"""

import os
from threading import local
from typing import Any

import django
import psycopg
from django.conf import settings

_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

settings.configure(
    SECRET_KEY="benchmark",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
    MIDDLEWARE=_MIDDLEWARE if os.environ.get("ONEPOOL_BENCH_MIDDLEWARE") else [],
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - needs the settings above
from django.http import HttpRequest  # noqa: E402
from django.urls import path  # noqa: E402
from ninja import NinjaAPI, Schema  # noqa: E402

from benchmarks.reference_reserve import Wanted, reserve_order  # noqa: E402

api = NinjaAPI(docs_url=None)
_thread = local()


class OrderIn(Schema):
    """An order."""

    sku_ids: list[int]
    quantities: list[int]


@api.get("/health")
def health(request: HttpRequest) -> dict[str, str]:
    """Answer."""
    return {"status": "alive"}


@api.post("/orders")
def reserve(request: HttpRequest, body: OrderIn) -> dict[str, int]:
    """Reserve an order under the key of its `Idempotency-Key`."""
    key = request.headers["Idempotency-Key"]
    return {"id": reserve_order(_connection(), Wanted(key, body.sku_ids, body.quantities))}


def _connection() -> "psycopg.Connection[Any]":
    """The thread's own, kept open."""
    if not hasattr(_thread, "connection"):
        _thread.connection = psycopg.connect(os.environ["ONEPOOL_BENCH_URL"], autocommit=True)
    connection: psycopg.Connection[Any] = _thread.connection
    return connection


urlpatterns = [path("", api.urls)]
application = get_wsgi_application()
