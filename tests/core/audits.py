"""Breaks a database as only a fault could, and asks the audit about it."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from core.audit.checks import all_checks
from core.audit.selectors import inspect


def corrupt(*statements):
    """Run statements with every trigger off, so that nothing stands in the way but the constraints."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def drop(table, constraint):
    corrupt(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")


def find(name):
    """(where, what is wrong, what is proposed) of each violation of a check."""
    (result,) = inspect([all_checks()[name]])
    assert result.found.total == len(result.found.violations)
    return [(violation.where, violation.words(), violation.proposed()) for violation in result.found.violations]


def found():
    """The names of the checks that find something."""
    return {result.check.name for result in inspect(list(all_checks().values())) if result.found.total}


def audit(*options):
    """What `manage.py audit` says, and its exit code."""
    out = StringIO()
    try:
        call_command("audit", *options, stdout=out, no_color=True)
    except SystemExit as end:
        return out.getvalue(), end.code
    return out.getvalue(), 0


@pytest.fixture
def no_second_look(monkeypatch):
    monkeypatch.setattr("core.audit.selectors.SECOND_LOOK", 0)
