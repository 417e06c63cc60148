"""`python -m benchmarks [--smoke] [ROW...]`: exit 1 when a bar isn't reached."""

import argparse
import os
import sys

import django

from config.env import BASE_DIR
from config.startup import ensure_services


def main() -> int:
    """Run the rows asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the product's speed.")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes: shows that every row runs, not how fast")
    parser.add_argument("rows", nargs="*", metavar="ROW")
    arguments = parser.parse_args()
    ensure_services()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    return run(arguments.rows, parser, smoke=arguments.smoke)


def run(names: list[str], parser: argparse.ArgumentParser, *, smoke: bool) -> int:
    """Measure, print and write the report; the exit code."""
    from benchmarks import bench, harness

    known = harness.find_rows()
    if unknown := [name for name in names if name not in known]:
        parser.error(f"there is no row {', '.join(unknown)}; the rows are {', '.join(known)}")
    outcomes = []
    harness.print_heading()
    with bench.template_database():
        for outcome in harness.run_rows(names or list(known), smoke=smoke):
            harness.print_outcome(outcome)
            outcomes.append(outcome)
    harness.write_report(BASE_DIR / "var" / ("bench-smoke.json" if smoke else "bench.json"), outcomes)
    # Tiny sizes measure overhead, not speed: a smoke run fails only when something breaks.
    return 0 if smoke or all(outcome.holds for outcome in outcomes) else 1


sys.exit(main())
