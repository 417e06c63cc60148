"""Statements that the server plans once per connection: for the few that run thousands of times a second."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg import Cursor

_THRESHOLD = 3  # runs before a statement is prepared


def run_prepared(sql: str, params: Sequence[object]) -> list[tuple[Any, ...]]:
    """Run one statement that answers rows, with its parameters bound by the server.

    Lists become arrays. Past Django's cursor, which binds on the client and so has every call planned anew.
    """
    connection.ensure_connection()
    raw = connection.connection
    raw.prepare_threshold = _THRESHOLD
    with connection.wrap_database_errors, Cursor(raw) as cursor:
        cursor.execute(sql, params, binary=True)
        return cursor.fetchall()
