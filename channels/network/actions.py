"""Loads a network document."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import ngettext
from pydantic import BaseModel, ValidationError

from channels.network import registry
from channels.network.collect import Collector
from channels.network.marking import mark_touched
from channels.network.tables import Change
from channels.network.touched import Touched
from channels.network.writing import Writer
from core.errors import FieldError, InvalidInput
from core.faults import describe

# One load at a time: two of them would each compare with a state that the other is changing.
LOCK = 0x6E6574776F726B


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load changed, or would change."""

    changes: Sequence[Change]

    def counts(self) -> dict[str, Counter[str]]:
        """How many rows of each table were added, changed and retired; tables without a change are left out."""
        found: dict[str, Counter[str]] = {}
        for change in self.changes:
            found.setdefault(change.table, Counter())[change.action] += 1
        return found


def load_network(data: Any, *, actor: str, dry_run: bool = False) -> LoadReport:
    """Make the installation say what the document says, or with `dry_run` only report what that would change.

    All or nothing. What a section that is present doesn't name is retired: what has `active` becomes inactive,
    what belongs to a row that is named (sources, overrides, shares, components) is removed. Categories, brands,
    SKUs, channels, statuses and regions are left alone. A section left out changes nothing.
    Raises InvalidInput naming every value that doesn't fit.
    """
    document = read_document(data)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        collector = _collect(document)
        if collector.faults:
            raise refuse(collector.faults)
        report = LoadReport(list(_write(collector, actor)))
        if collector.faults:
            raise refuse(collector.faults)
        _mark(report)
        # Deferred constraints must speak before a dry run says that all is well.
        connection.check_constraints()
        if dry_run:
            transaction.set_rollback(True)
    return report


def read_document(data: Any) -> BaseModel:
    """The document with its shape checked; InvalidInput names every place that doesn't fit."""
    try:
        return registry.document_model().model_validate(data)
    except ValidationError as error:
        raise refuse(describe(error)) from error


def refuse(faults: Sequence[FieldError]) -> InvalidInput:
    """The error that names all these faults."""
    detail = ngettext(
        "%(count)d value of the document doesn't fit, so nothing has changed. %(path)s: %(message)s",
        "%(count)d values of the document don't fit, so nothing has changed. %(path)s: %(message)s",
        len(faults),
    )
    facts = {"count": len(faults), "path": faults[0].path, "message": faults[0].message}
    return InvalidInput(detail % facts, faults)


def _named(document: BaseModel) -> list[registry.Section]:
    return [section for section in registry.all_sections() if section.key in document.model_fields_set]


def _collect(document: BaseModel) -> Collector:
    sections = _named(document)
    collector = Collector(registry.all_tables(), [table.name for section in sections for table in section.tables])
    for section in sections:
        section.collect(getattr(document, section.key), collector)
    collector.check_references()
    for section in sections:
        section.check(collector)
    return collector


def _write(collector: Collector, actor: str) -> Iterator[Change]:
    """Write every table, those that others refer to first."""
    own = {table.name: section.write for section in registry.all_sections() for table in section.tables}
    writer = Writer(collector)
    for table in collector.tables.values():
        write = own[table.name]
        if write is None:
            yield from writer.write(table)
        elif table.name in collector.named:
            yield from write(collector, actor)


def _mark(report: LoadReport) -> None:
    touched = Touched()
    for section in registry.all_sections():
        names = {table.name for table in section.tables}
        section.touch([change for change in report.changes if change.table in names], touched)
    mark_touched(touched)
