"""`manage.py network load|dump|check`."""

import getpass
import logging
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels.network.actions import LoadReport, load_network
from channels.network.check import check_file
from channels.network.reading import read_file, write_text
from channels.network.scratch import scratch_database
from channels.network.selectors import dump_network
from channels.network.tables import Change
from channels.network.values import plain
from core.errors import DomainError
from core.faults import show


class Command(BaseCommand):
    help = "Loads, writes and checks network documents: the whole configuration as JSON or YAML."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Three commands in one."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        load = verbs.add_parser("load", help="make the installation say what the document says")
        load.add_argument("file", type=Path)
        load.add_argument("--dry-run", action="store_true", help="report what would change, and change nothing")
        dump = verbs.add_parser("dump", help="write the installation's configuration")
        dump.add_argument("--format", choices=["json", "yaml"], help="json unless the output file says otherwise")
        dump.add_argument("-o", "--output", type=Path, help="a file instead of the screen")
        dump.add_argument("--stock", action="store_true", help="with the stock, for an empty installation")
        check = verbs.add_parser("check", help="compute worked cases in a database of their own and compare")
        check.add_argument("files", type=Path, nargs="+")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run one of the three; a refusal is a sentence per fault and exit code 1."""
        verb = {"load": self._load, "dump": self._dump, "check": self._check}[options["verb"]]
        try:
            verb(options)
        except DomainError as error:
            lines = [f"{fault.path}: {fault.message}" for fault in error.errors]
            raise CommandError("\n".join([error.detail, *lines] if len(lines) > 1 else [error.detail])) from error

    def _load(self, options: dict[str, Any]) -> None:
        report = load_network(read_file(options["file"]), actor=getpass.getuser(), dry_run=options["dry_run"])
        for line in _describe(report, verbose=options["verbosity"] > 1):
            self.stdout.write(line)
        if options["dry_run"]:
            self.stdout.write(_("This was a dry run: nothing has changed."))

    def _dump(self, options: dict[str, Any]) -> None:
        output: Path | None = options["output"]
        is_yaml = output is not None and output.suffix.lower() in {".yaml", ".yml"}
        form = options["format"] or ("yaml" if is_yaml else "json")
        text = write_text(dump_network(with_stock=options["stock"]), form)
        if output is None:
            self.stdout.write(text, ending="")
            return
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(
                _("%(file)s can't be written: %(reason)s") % {"file": output, "reason": error}
            ) from error

    def _check(self, options: dict[str, Any]) -> None:
        logging.disable(logging.INFO)
        try:
            failed = self._check_files(options["files"])
        finally:
            logging.disable(logging.NOTSET)
        total = len(options["files"])
        if failed:
            text = ngettext("%(failed)d of %(total)d case fails.", "%(failed)d of %(total)d cases fail.", total)
            raise CommandError(text % {"failed": failed, "total": total})
        text = ngettext("%(total)d case agrees in every number.", "%(total)d cases agree in every number.", total)
        self.stdout.write(text % {"total": total})

    def _check_files(self, files: list[Path]) -> int:
        failed = 0
        with scratch_database():
            for path in files:
                differences = check_file(path)
                failed += bool(differences)
                for line in differences:
                    self.stdout.write(f"{path.name}: {line}")
        return failed


def _describe(report: LoadReport, *, verbose: bool) -> Iterator[str]:
    """Each change and retirement, additions too when `verbose`, and the counts by table."""
    for change in report.changes:
        if verbose or change.action != "add":
            yield _describe_change(change)
    for table, counts in report.counts().items():
        facts = {"table": table, **{action: counts[action] for action in ("add", "change", "retire")}}
        yield _("%(table)s: %(add)d added, %(change)d changed, %(retire)d retired") % facts
    if not report.changes:
        yield _("The installation says this already: nothing to change.")


def _describe_change(change: Change) -> str:
    place = " ".join([change.table, *(part for part in change.key if part is not None)])
    before, after = change.before, change.after
    if before is None:
        return _("add %(place)s") % {"place": place}
    if after is None:
        return _("retire %(place)s") % {"place": place}
    fields = ", ".join(f"{name} {show(plain(before[name]))} → {show(plain(after[name]))}" for name in change.fields)
    return _("change %(place)s: %(fields)s") % {"place": place, "fields": fields}
