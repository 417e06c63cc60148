"""Turns a database URL into Django's settings."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from config.services import Services


def database_settings(url: str, services: Services) -> dict[str, Any]:
    """Settings for `postgresql://user:password@host:port/name?option=value`, or for the embedded server when empty.

    A socket directory goes into the query: `postgresql:///name?host=/run/postgresql`.
    """
    if not url:
        return _settings(**services.database)
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        message = f"DATABASE_URL starts with {parts.scheme!r}; only postgresql:// is supported."
        raise SystemExit(message)
    options = dict(parse_qsl(parts.query))
    return _settings(
        NAME=unquote(parts.path.lstrip("/")) or "onepool",
        USER=unquote(parts.username or options.pop("user", "")),
        PASSWORD=unquote(parts.password or options.pop("password", "")),
        HOST=unquote(parts.hostname or options.pop("host", "")),
        PORT=str(parts.port or options.pop("port", "")),
        OPTIONS=options,
    )


def _settings(**values: Any) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {},
        **values,
    }
