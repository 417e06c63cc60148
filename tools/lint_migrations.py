"""Check that migrations can run beside the version before: ``python -m tools.lint_migrations``."""

import os

import django

from config.startup import ensure_services


def main() -> None:
    """Exit 1 when a migration would break the code that still runs while it is applied."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    ensure_services()
    django.setup()
    from django.core.management import call_command
    from django_migration_linter.management.commands.lintmigrations import Command

    # The linter's command is called by its class: the product itself does without the linter being installed.
    call_command(Command(), "--no-cache", "--quiet", "ok", "ignore")


if __name__ == "__main__":
    main()
