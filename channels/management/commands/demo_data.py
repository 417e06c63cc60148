"""`manage.py demo_data`: create the demo company, or print its logins."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from channels.demo_company.actions import create_company, logins
from channels.demo_company.marketplace import connect_shops
from channels.platforms.contract import PlatformError

ADMIN_VARIABLE = "MARKETPLACE_ADMIN_SECRET"


class Command(BaseCommand):
    """Safe to run again: what is there stays."""

    help = "Create Linden, the demo company, and open its shops on the demo marketplace."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--logins", action="store_true", help="only print who can log in")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        if options["logins"]:
            for role, name, password in logins():
                self.stdout.write(f"  {role:<16} {name:<14} {password}")
            return
        created = create_company()
        self.stdout.write("The demo company is created." if created else "The demo company is there already.")
        secret = os.environ.get(ADMIN_VARIABLE, "")
        if not secret:
            self.stdout.write(
                f"Its shops stay closed: {ADMIN_VARIABLE} is not set, so there is no marketplace to open them on."
            )
            return
        try:
            connect_shops(settings.MARKETPLACE_URL, secret)
        except PlatformError as error:
            message = f"The demo marketplace at {settings.MARKETPLACE_URL} did not answer as expected: {error}"
            raise CommandError(message) from error
        self.stdout.write("Its shops are open on the demo marketplace.")
