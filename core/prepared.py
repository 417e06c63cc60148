"""Statements that the server plans once per connection: for the few that run thousands of times a second.

They go to libpq directly. A cursor is made to be streamed and interrupted, which costs several times what such a
statement takes.
"""

from collections.abc import Sequence
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from psycopg import Connection, OperationalError
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

_NUMBERS = count(1)


class _Prepared:
    """What one connection has prepared, by its SQL, and how it reads answers."""

    def __init__(self, raw: "Connection[Any]") -> None:
        self.names: dict[str, bytes] = {}
        self.reader = Transformer(raw)


_KNOWN: "WeakKeyDictionary[Connection[Any], _Prepared]" = WeakKeyDictionary()


def run_prepared(sql: str, params: Sequence[str]) -> list[tuple[Any, ...]]:
    """Run one statement that answers rows; each `%s` stands for a parameter, which the SQL casts from its text.

    While it waits for a lock only the server can end it.
    """
    connection.ensure_connection()
    raw: Connection[Any] = connection.connection
    with connection.wrap_database_errors:
        known = _KNOWN.get(raw) or _KNOWN.setdefault(raw, _Prepared(raw))
        if not raw.autocommit and raw.pgconn.transaction_status == TransactionStatus.IDLE:
            _check(raw, raw.pgconn.exec_(b"BEGIN"))
        name = known.names.get(sql) or _prepare(raw, known, sql)
        try:
            result = _check(raw, raw.pgconn.exec_prepared(name, [p.encode() for p in params], None, Format.BINARY))
        except Exception:
            # Whatever it was, such as a table that has changed its shape: the next time starts afresh.
            known.names.pop(sql, None)
            raise
        known.reader.set_pgresult(result)
        return known.reader.load_rows(0, result.ntuples, tuple)


def _prepare(raw: "Connection[Any]", known: _Prepared, sql: str) -> bytes:
    name = known.names[sql] = b"onepool_%d" % next(_NUMBERS)
    try:
        _check(raw, raw.pgconn.prepare(name, _numbered(sql)))
    except Exception:
        del known.names[sql]
        raise
    return name


def _numbered(sql: str) -> bytes:
    """`$1`, `$2` ... in place of each `%s`."""
    first, *parts = sql.split("%s")
    return (first + "".join(f"${place}{part}" for place, part in enumerate(parts, 1))).encode()


def _check(raw: "Connection[Any]", result: PGresult) -> PGresult:
    if result.status in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        return result
    if raw.pgconn.status == ConnStatus.BAD:
        raise OperationalError(raw.pgconn.get_error_message())
    raise error_from_result(result, encoding=raw.info.encoding)
