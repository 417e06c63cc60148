"""Whether the database still refuses what it must refuse: its constraints and triggers are there, valid and on."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models.options import Options
from django.utils.translation import gettext_lazy, gettext_noop

from core.audit.checks import Check, Found, Violation, register_check

_CONSTRAINTS = """
SELECT t.relname, c.conname, c.contype::text, c.convalidated
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = current_schema()
"""
# Also those that are no constraint, such as a unique index with a condition.
_INDEXES = """
SELECT t.relname, i.relname, x.indisvalid
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = current_schema() AND x.indisunique
"""
_NOT_NEGATIVE = """
SELECT t.relname, a.attname
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
WHERE n.nspname = current_schema() AND c.contype = 'c' AND cardinality(c.conkey) = 1
    AND pg_get_constraintdef(c.oid) LIKE '%%>= 0%%'
"""
# The database's own triggers behind foreign keys too: switching all triggers of a table off takes those along.
_TRIGGERS = """
SELECT t.relname, g.tgname, g.tgenabled::text
FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE n.nspname = current_schema()
"""
_ON = ("O", "A")
_required: list[tuple[str, str]] = []

_MISSING_CONSTRAINT = gettext_noop("The constraint %(name)s of the table %(table)s is missing.")
_MISSING_TRIGGER = gettext_noop("The trigger %(name)s of the table %(table)s is missing.")
_NOT_VALIDATED = gettext_noop("The constraint %(name)s isn't validated, so old rows may break it. Run: %(sql)s")
_INVALID_INDEX = gettext_noop("The unique index %(name)s is broken. Run: %(sql)s")
_SWITCHED_OFF = gettext_noop("The trigger %(name)s is switched off. Run: %(sql)s")
_NEGATIVE = gettext_noop("The table %(table)s may hold a negative %(name)s: the constraint against it is missing.")


def require_triggers(table: str, *names: str) -> None:
    """Every audit looks for these triggers on `table`."""
    _required.extend((table, name) for name in names)


def find_missing_guards(limit: int) -> Found:
    """Constraints of the models and required triggers that are missing, not validated, or switched off."""
    violations = [*_constraint_faults(), *_trigger_faults()]
    return Found(len(violations), violations[:limit])


def _constraint_faults() -> Iterator[Violation]:
    constraints = _read(_CONSTRAINTS)
    indexes = _read(_INDEXES)
    not_negative = set(_read(_NOT_NEGATIVE))
    known = {row[:2] for row in (*constraints, *indexes)}
    for table, name in _expected():
        if (table, name) not in known:
            yield _fault(_MISSING_CONSTRAINT, table, name)
    for table, column in _unsigned():
        if (table, column) not in not_negative:
            yield _fault(_NEGATIVE, table, column)
    for table, name, kind, validated in constraints:
        if kind in ("c", "f") and not validated:
            yield _fault(_NOT_VALIDATED, table, name, f'ALTER TABLE "{table}" VALIDATE CONSTRAINT "{name}"')
    for table, name, valid in indexes:
        if not valid:
            yield _fault(_INVALID_INDEX, table, name, f'REINDEX INDEX CONCURRENTLY "{name}"')


def _trigger_faults() -> Iterator[Violation]:
    triggers = _read(_TRIGGERS)
    known = {row[:2] for row in triggers}
    for table, name in _required:
        if (table, name) not in known:
            yield _fault(_MISSING_TRIGGER, table, name)
    for table, name, enabled in triggers:
        if enabled not in _ON:
            yield _fault(_SWITCHED_OFF, table, name, f'ALTER TABLE "{table}" ENABLE TRIGGER "{name}"')


def _expected() -> Iterator[tuple[str, str]]:
    for table in _tables():
        for constraint in table.constraints:
            yield table.db_table, constraint.name


def _unsigned() -> Iterator[tuple[str, str]]:
    for table in _tables():
        for field in table.local_concrete_fields:
            if field.db_parameters(connection)["check"]:
                yield table.db_table, str(field.column)


def _tables() -> Iterator["Options[models.Model]"]:
    for model in apps.get_models(include_auto_created=True):
        table = model._meta  # noqa: SLF001 — a public part of Django in spite of its name
        if table.managed:
            yield table


def _read(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, [])
        return list(cursor.fetchall())


def _fault(sentence: str, table: str, name: str, sql: str = "") -> Violation:
    return Violation(f"{table}: {name}", sentence, {"table": table, "name": name, "sql": sql})


register_check(
    Check("database-guards", gettext_lazy("The database refuses what must not be"), find_missing_guards),
)
