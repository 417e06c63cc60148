"""The place a row runs in: a throw-away database on the configured server, and a Valkey number of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from core.redis import connection as redis

REDIS_NUMBER = 15
TEMPLATE = f"onepool_bench_{os.getpid()}"


@dataclass(frozen=True)
class Bench:
    """What a row gets."""

    database_url: str
    smoke: bool

    def scale(self, full: int, smoke: int) -> int:
        """A size: the real one, or a tiny one when the run only proves that everything works."""
        return smoke if self.smoke else full

    @property
    def rounds(self) -> int:
        """How often reference and product take turns."""
        return 2 if self.smoke else 5

    def connect(self, **options: Any) -> "psycopg.Connection[Any]":
        """A connection for the reference, to the same database as Django's."""
        return psycopg.connect(self.database_url, **options)


@contextmanager
def template_database() -> Iterator[None]:
    """Migrate a database once; every row then starts from a copy of it."""
    home = connection.settings_dict["NAME"]
    use_own_redis()
    with _administrator() as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
        server.execute(sql.SQL("ALTER DATABASE {} SET onepool.disposable = 'on'").format(sql.Identifier(TEMPLATE)))
        try:
            _point_django_at(TEMPLATE)
            call_command("migrate", verbosity=0)
            connection.close()
            yield
        finally:
            _point_django_at(home)
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(TEMPLATE)))
            redis().flushdb()


@contextmanager
def fresh_bench(*, smoke: bool) -> Iterator[Bench]:
    """A copy of the template for one row, dropped afterwards."""
    name = f"{TEMPLATE}_row"
    with _administrator() as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
        server.execute(sql.SQL("ALTER DATABASE {} SET onepool.disposable = 'on'").format(sql.Identifier(name)))
        redis().flushdb()
        try:
            _point_django_at(name)
            yield Bench(database_url=_url(name), smoke=smoke)
        finally:
            _point_django_at(TEMPLATE)
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def use_own_redis() -> None:
    """Nudges sent while measuring must not wake the workers of a running demo."""
    from config.celery import app

    scheme, _, rest = settings.REDIS_URL.partition("://")
    if scheme == "unix":
        settings.REDIS_URL = settings.SERVICES.redis_url_for(REDIS_NUMBER)
        app.conf.broker_url = settings.SERVICES.broker_url_for(REDIS_NUMBER)
    else:
        settings.REDIS_URL = f"{scheme}://{rest.split('/', maxsplit=1)[0]}/{REDIS_NUMBER}"
        app.conf.broker_url = settings.REDIS_URL
    settings.CACHES["default"]["LOCATION"] = settings.REDIS_URL
    redis.cache_clear()


def _point_django_at(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _administrator() -> "psycopg.Connection[Any]":
    """A connection to a database of the server that is neither measured nor copied."""
    with suppress(psycopg.OperationalError):
        return psycopg.connect(_url("postgres"), autocommit=True)
    return psycopg.connect(_url(connection.settings_dict["NAME"]), autocommit=True)


def _url(name: str) -> str:
    entry = connection.settings_dict
    parts = {"host": entry["HOST"], "port": entry["PORT"], "user": entry["USER"], "password": entry["PASSWORD"]}
    options = {key: value for key, value in entry["OPTIONS"].items() if isinstance(value, str)}
    query = {key: value for key, value in {**parts, **options}.items() if value}
    return f"postgresql:///{name}?{urlencode(query)}"
