"""Whole columns of integers between PostgreSQL and numpy, packed: millions in the time rows take for thousands."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from psycopg import Cursor

Ints: TypeAlias = NDArray[np.signedinteger[Any]]
Int64s: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

INT32_MAX = 2**31 - 1  # the most units a column holds

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"


def read_packed(sql: str, params: Sequence[object]) -> list[tuple[Any, ...]]:
    """Run a query of rows (key, bytea, ...) and unpack each bytea of 4-byte integers to [n, 2] numbers.

    `int8send(a << 32 | b)` packs such a pair, a below 2^31 and b not negative, the fastest.
    """
    connection.ensure_connection()
    # Past Django's cursor, because only a binary answer brings the bytes as they are.
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        rows = cursor.execute(sql, params, binary=True, prepare=False).fetchall()
    return [(key, *(np.frombuffer(part or b"", ">i4").reshape(-1, 2) for part in parts)) for key, *parts in rows]


def read_columns(sql: str, params: Mapping[str, object]) -> list[Int64s]:
    """Run a query of one row of byteas and unpack each, made of `int8send`, to a column of numbers.

    Aggregates of one query meet its rows in the same order, so columns of equal length line up.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        (row,) = cursor.execute(sql, params, binary=True, prepare=False).fetchall()
    return [np.frombuffer(part or b"", ">i8").astype(np.int64) for part in row]


def allow_memory() -> None:
    """Let this transaction's queries gather whole tables without spilling to disk."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")


def copy_numbers(table: str, *columns: Ints) -> None:
    """Append rows of 4- or 8-byte integers, given by column, to a table of `integer` and `bigint` columns."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(_HEADER + _pack(columns) + _TRAILER)


def _pack(columns: Sequence[Ints]) -> bytes:
    """Rows in the binary COPY format: the number of fields, then the size and the value of each."""
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for at, column in enumerate(columns):
        fields += [(f"size{at}", ">i4"), (f"value{at}", f">i{column.dtype.itemsize}")]
    rows = np.empty(len(columns[0]), fields)
    rows["fields"] = len(columns)
    for at, column in enumerate(columns):
        rows[f"size{at}"] = column.dtype.itemsize
        rows[f"value{at}"] = column
    return rows.tobytes()


def column_index(ids: Int64s) -> Int64s:
    """A lookup from an id to its position in `ids` (distinct, not negative); -1 elsewhere, and at its end."""
    lookup = np.full(int(ids.max(initial=0)) + 2, -1, np.int64)
    lookup[ids] = np.arange(ids.size)
    return lookup


def place(target: Ints, columns: Int64s, pairs: Ints) -> None:
    """Put each value of `pairs` [n, 2] (id, value) where the lookup `columns` says; unknown ids go nowhere."""
    at = columns[np.minimum(pairs[:, 0], columns.size - 1)]
    known = at >= 0
    target[at[known]] = pairs[known, 1]
