"""Statements that the server plans once per connection: for the few that run thousands of times a second.

They go to libpq directly. A cursor is made to be streamed and interrupted, which costs several times what such a
statement takes.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from select import POLLIN, POLLOUT, poll
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from psycopg import Connection, OperationalError
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGresult

Statement = tuple[str, Sequence[str]]
"""SQL and its parameters, as `run_prepared` takes them."""

REFUSED_VALUES = b"23"  # the class of errors that say nothing about the statement
_NUMBERS = count(1)


class _Prepared:
    """What one connection has prepared, by its SQL, and how it reads answers."""

    def __init__(self, raw: "Connection[Any]") -> None:
        self.names: dict[str, bytes] = {}
        self.reader = Transformer(raw)
        self.waiter = poll()
        self.waiter.register(raw.pgconn.socket, POLLIN)


_KNOWN: "WeakKeyDictionary[Connection[Any], _Prepared]" = WeakKeyDictionary()


def run_prepared(sql: str, params: Sequence[str]) -> list[tuple[Any, ...]]:
    """Run one statement that answers rows; each `%s` stands for a parameter, which the SQL casts from its text.

    While it waits for a lock only the server can end it.
    """
    raw = _connect()
    with connection.wrap_database_errors:
        known = _known_to(raw)
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


class Trip:
    """Statements that travel together, and their answers: one round trip, whatever their number.

    They leave with `receive`, or with `depart` for the server to work while the caller prepares the next ones. The
    first that fails ends all; its error is raised by `receive`, as those of `run_prepared` are.
    """

    def __init__(self, raw: "Connection[Any]") -> None:
        self._raw, self._pgconn, self._known = raw, raw.pgconn, _known_to(raw)
        self._sent: list[str] = []
        self._fresh: list[str] = []
        raw.pgconn.enter_pipeline_mode()

    def send(self, sql: str, params: Sequence[str] = ()) -> None:
        """Add a statement; without parameters it may be a command."""
        if params:
            name = self._known.names.get(sql)
            if name is None:
                name = self._known.names[sql] = b"onepool_%d" % next(_NUMBERS)
                self._pgconn.send_prepare(name, _numbered(sql))
                self._sent.append("")
                self._fresh.append(sql)
            self._pgconn.send_query_prepared(name, [p.encode() for p in params], None, Format.BINARY)
        else:
            self._pgconn.send_query_params(sql.encode(), None)
        self._sent.append(sql)

    def depart(self) -> None:
        """Let the server begin with what is sent so far; worth it where that takes longer than waking it up."""
        self._pgconn.flush()

    def receive(self) -> list[list[tuple[Any, ...]]]:
        """The rows of each statement sent, in order, once the server is done with all of them."""
        self._pgconn.pipeline_sync()
        results = [self._next() for _ in self._sent]
        self._next(last=True)
        self._pgconn.exit_pipeline_mode()
        self._raise_first(results)
        reader, rows = self._known.reader, []
        for sql, result in zip(self._sent, results, strict=True):
            if sql:
                reader.set_pgresult(result)
                rows.append(reader.load_rows(0, result.ntuples, tuple))
        return rows

    def _raise_first(self, results: Sequence[PGresult]) -> None:
        for result in results:
            if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
                # A known key is nothing unusual: preparing everything anew each time would fill the server's memory.
                refused = (result.error_field(DiagnosticField.SQLSTATE) or b"").startswith(REFUSED_VALUES)
                for sql in self._fresh if refused else self._sent:
                    self._known.names.pop(sql, None)
                _check(self._raw, result)

    def _next(self, *, last: bool = False) -> PGresult:
        """The answer to the next statement; waits where other threads may run meanwhile."""
        result = self._get()
        if result is None or self._pgconn.status == ConnStatus.BAD:
            raise OperationalError(self._pgconn.get_error_message())
        if not last:
            self._get()  # the end of this statement's answer
        return result

    def _get(self) -> PGresult | None:
        pgconn, waiter = self._pgconn, self._known.waiter
        while pgconn.is_busy():
            waiter.modify(pgconn.socket, POLLIN | POLLOUT if pgconn.flush() else POLLIN)
            waiter.poll()
            pgconn.consume_input()
        return pgconn.get_result()


@contextmanager
def own_transaction() -> Iterator["Connection[Any]"]:
    """A connection for trips that begin and commit by themselves; what they leave open is rolled back.

    RuntimeError inside a transaction of Django's.
    """
    raw = _connect()
    if connection.in_atomic_block or not raw.autocommit:
        message = "a trip of its own can't be a part of another transaction"
        raise RuntimeError(message)
    with connection.wrap_database_errors:
        try:
            yield raw
        finally:
            _end(raw)


def _end(raw: "Connection[Any]") -> None:
    if raw.pgconn.pipeline_status != PipelineStatus.OFF:
        # Somebody has left between sending and receiving; without the connection the server gives up as well.
        connection.close()
    elif raw.pgconn.status == ConnStatus.OK and raw.pgconn.transaction_status != TransactionStatus.IDLE:
        _check(raw, raw.pgconn.exec_(b"ROLLBACK"))


def _connect() -> "Connection[Any]":
    connection.ensure_connection()
    raw: Connection[Any] = connection.connection
    return raw


def _known_to(raw: "Connection[Any]") -> _Prepared:
    return _KNOWN.get(raw) or _KNOWN.setdefault(raw, _Prepared(raw))


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
    # An error that the server hasn't named is that it is gone; the connection itself may find out later.
    if raw.pgconn.status == ConnStatus.BAD or result.error_field(DiagnosticField.SQLSTATE) is None:
        raise OperationalError(result.get_error_message() or raw.pgconn.get_error_message())
    raise error_from_result(result, encoding=raw.info.encoding)
