"""Sales in any order, against an oracle; `make hunt` runs the same for as long as one likes."""

import os
import sys
from collections import Counter
from time import monotonic

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.stateful import run_state_machine_as_test

from config.settings import BASE_DIR
from tests.channels.reservations.machine import CommittedMachine, ReservationMachine
from tests.channels.reservations.machine_selling import steps

HUNT = bool(os.environ.get("ONEPOOL_HUNT"))
PARTS = 3  # of the machine's runs, so that several processes can share them
PROCESSES = min(PARTS + 1, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
SECONDS = 60 * float(os.environ.get("MINUTES") or 10) * PROCESSES / (PARTS + 1)  # of a hunt, for each test

PLAIN = settings(
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    database=DirectoryBasedExampleDatabase(BASE_DIR / "var" / "hypothesis"),
)


@pytest.fixture(autouse=True)
def quiet_queue(monkeypatch):
    """Nobody to wake."""
    monkeypatch.setattr("core.queue._nudge", lambda *_args: None)


@pytest.fixture(autouse=True)
def short_way_always_tried(monkeypatch):
    """However often it was none."""
    monkeypatch.setattr("channels.reservations.actions.express.MOST_PATIENT", 0)


def run(machine, *, runs, length):
    """So many runs of so many steps; on a hunt, new ones until the time is over."""
    began, before = monotonic(), Counter(steps)
    least = settings(PLAIN, max_examples=runs, stateful_step_count=length)
    run_state_machine_as_test(machine, settings=least)
    while HUNT and monotonic() - began < SECONDS:
        run_state_machine_as_test(machine, settings=least)
    done = steps - before
    sys.stdout.write(", ".join(f"{count} {name}" for name, count in sorted(done.items())) + "\n")
    assert done["steps"] > runs


@pytest.mark.django_db
@pytest.mark.parametrize("part", range(PARTS))
def test_no_order_of_sales_oversells_or_refuses_what_could_be_sold(part):
    run(ReservationMachine, runs=40, length=30)


@pytest.mark.django_db(transaction=True)
def test_the_network_kept_between_batches_is_never_an_old_one():
    run(CommittedMachine, runs=12, length=20)
