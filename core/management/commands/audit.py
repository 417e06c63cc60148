"""`manage.py audit`: checks everything that must always be true, and repairs what it can."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.audit.actions import Repairs, choose_checks, repair_violations, run_audit
from core.audit.checks import Check, Violation, all_checks
from core.audit.models import AuditRun
from core.audit.selectors import find_repairable, result_lines, violation_lines
from core.errors import DomainError

SHOWN = 20
MOST_ROUNDS = 4


class Command(BaseCommand):
    help = "Checks everything that must always be true of the database. Exits with 1 when something isn't."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which checks, and whether to repair."""
        names = ", ".join(all_checks())
        parser.add_argument("--check", action="append", default=[], metavar="NAME", help=f"only this check: {names}")
        parser.add_argument("--repair", action="store_true", help="propose repairs, and make those that you confirm")
        parser.add_argument("--yes", action="store_true", help="make the repairs without asking")
        parser.add_argument("--show", type=int, default=SHOWN, metavar="N", help="violations listed per check (20)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Audit, repair if asked to, and audit again; exit 1 while something is wrong."""
        try:
            checks = choose_checks(options["check"])
        except DomainError as error:
            raise CommandError(error.detail) from error
        actor = getpass.getuser()
        run = run_audit(checks, actor=actor)
        self._tell(run, options["show"])
        if options["repair"] and run.violation_count:
            repairs = self._repair(checks, actor, yes=options["yes"], shown=options["show"])
            run = run_audit(checks, actor=actor, repairs=repairs)
            self._tell(run, options["show"])
        if run.violation_count:
            sys.exit(1)

    def _tell(self, run: AuditRun, shown: int) -> None:
        """The table of the checks, the violations, and the verdict."""
        lines = result_lines(run)
        width = max(len(line.title) for line in lines)
        for line in lines:
            self.stdout.write(f"{line.title:<{width}}  {line.total:>9}  {line.seconds:>8.2f} s")
        for name, line in zip((each["check"] for each in run.results), lines, strict=True):
            if line.total:
                self._list(line.title, line.total, [each for each in run.violations if each["check"] == name][:shown])
        if run.violation_count:
            words = ngettext("%(count)d violation.", "%(count)d violations.", run.violation_count)
            self.stdout.write(self.style.ERROR(words % {"count": run.violation_count}))
        else:
            self.stdout.write(self.style.SUCCESS(_("Everything is as it must be.")))

    def _list(self, title: str, total: int, kept: list[dict[str, Any]]) -> None:
        self.stdout.write(f"\n{title}")
        for line in violation_lines(kept):
            self.stdout.write(f"  {line.where}: {line.words}")
        if total > len(kept):
            self.stdout.write("  " + _("… and %(count)d more") % {"count": total - len(kept)})

    def _repair(self, checks: list[Check], actor: str, *, yes: bool, shown: int) -> Repairs:
        """Check after check, and again while that helps: one repair may be what another has been waiting for."""
        confirmed: list[tuple[Check, Violation]] = []
        made, waiting = 0, [check for check in checks if check.repair]
        for _round in range(MOST_ROUNDS):
            before = made
            for check in list(waiting):
                found = find_repairable(check)
                if not found:
                    continue
                self._propose(check, found, shown)
                if yes or self._confirm():
                    made += repair_violations(check, found, actor=actor)
                    confirmed += [(check, violation) for violation in found]
                else:
                    waiting.remove(check)
            if made == before:
                break
        words = ngettext("%(count)d repair made.", "%(count)d repairs made.", made)
        self.stdout.write(words % {"count": made} + "\n")
        return Repairs(confirmed, made)

    def _propose(self, check: Check, found: list[Violation], shown: int) -> None:
        self.stdout.write("\n" + _("Proposed for “%(title)s”:") % {"title": check.title})
        for violation in found[:shown]:
            self.stdout.write(f"  {violation.where}: {violation.proposed()}")
        if len(found) > shown:
            self.stdout.write("  " + _("… and %(count)d more") % {"count": len(found) - shown})

    def _confirm(self) -> bool:
        return input(_("Make these repairs? (y/N)") + " ").strip().lower() in {"y", "yes"}
