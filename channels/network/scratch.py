"""A database of its own for work that must never touch the installation's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from uuid import uuid4

from django.core.management import call_command
from django.db import connection
from django.utils.translation import gettext as _

from core.errors import Conflict


@contextmanager
def scratch_database() -> Iterator[None]:
    """Point the process at a new, migrated database, and drop it at the end, whatever happens.

    The default connection goes there meanwhile, so the same code runs as always. Raises Conflict when the
    role may not create databases.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a scratch database can't be used inside a transaction")
    name = f"onepool_scratch_{uuid4().hex[:12]}"
    quoted = connection.ops.quote_name(name)
    real = connection.settings_dict["NAME"]
    _check_role()
    # From template0: nobody is ever connected to it, and it is the same on every server.
    _run(f"CREATE DATABASE {quoted} ENCODING 'UTF8' TEMPLATE template0")
    try:
        _switch(name)
        call_command("migrate", verbosity=0, interactive=False)
        yield
    finally:
        _switch(real)
        _run(f"DROP DATABASE {quoted} WITH (FORCE)")


def _check_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
        role, may_create = cursor.fetchone()
    if not may_create:
        text = _(
            "The cases are computed in a database made for them and thrown away afterwards, but the role "
            "%(role)s may not create databases. Let it: ALTER ROLE %(role)s CREATEDB"
        )
        raise Conflict(text % {"role": role})


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _switch(name: str) -> None:
    connection.close()
    cast("Any", connection).close_pool()
    connection.settings_dict["NAME"] = name
