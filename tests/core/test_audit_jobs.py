"""The audit in a job, and beside people who work: it sees one moment and raises no false alarm."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event

import pytest
from django.db import InternalError, connection

from channels.cascade.actions import recompute_dirty
from core.audit.actions import choose_checks, run_audit, start_audit
from core.audit.checks import Check, Found
from core.audit.selectors import inspect
from core.jobs import run_job
from core.models import AuditRun, Job
from inventory.ledger.actions import (
    Count,
    HoldRequest,
    Movement,
    count_stock,
    place_holds,
    post_movements,
    release_holds,
)
from inventory.models import Hold, LedgerEntry
from tests.channels.small_world import settle, small_world
from tests.core.audits import corrupt

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nobody_is_nudged(monkeypatch):
    monkeypatch.setattr("core.queue._send", lambda *args: None)


def test_a_job_keeps_its_run(django_user_model):
    user = django_user_model.objects.create_user("mei")
    world = small_world()
    world.sku(5)
    settle()
    corrupt("UPDATE inventory_stockrow SET on_hand = 8", "UPDATE channels_shopquantity SET quantity = 8")
    job = start_audit(user=user)
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == (Job.State.DONE, "Checked")
    run = AuditRun.objects.get()
    assert job.result == {"audit": run.pk, "violations": 1}
    assert (run.actor, run.complete, run.violation_count) == ("mei", True, 1)
    assert start_audit(user=user).pk != job.pk


def test_it_reads_one_moment():
    """What commits between two checks is not seen: else the second would miss what the first has seen."""
    world = small_world()
    sku = world.sku(5)
    checks = [Check(name, name, lambda limit: Found(Hold.objects.count(), [])) for name in ("first", "second")]

    def hold_meanwhile():
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_hold, world.functional.code, sku.code).result()

    results = inspect(checks, done=hold_meanwhile)
    assert [result.found.total for result in results] == [0, 0]
    assert Hold.objects.count() == 2


def _hold(functional, sku):
    try:
        place_holds([HoldRequest(functional, sku, 1, "photo shoot")], actor="t")
    finally:
        connection.close()


def test_it_only_reads():
    def write(limit):
        Job.objects.create(kind="x", title="x")
        return Found(0, [])

    with pytest.raises(InternalError, match="read-only"):
        inspect([Check("writing", "Writing", write)])


def test_no_false_alarm_while_people_work():
    world = small_world()
    skus = [world.sku(50) for _ in range(6)]
    settle()
    code, stop = world.functional.code, Event()

    turns = [0, 0, 0]

    def work(number):
        random = Random(number)
        try:
            while not stop.is_set():
                turns[number] += 1
                _do_something(random, code, [sku.code for sku in skus])
                if number == 0:
                    recompute_dirty()
        finally:
            connection.close()

    runs = []
    with ThreadPoolExecutor(3) as pool:
        workers = [pool.submit(work, number) for number in range(3)]
        try:
            while (len(runs) < 12 or min(turns) < 5) and not any(worker.done() for worker in workers):
                runs.append(run_audit(choose_checks(), actor="t"))
        finally:
            stop.set()
        for worker in workers:
            worker.result(timeout=60)
    assert not any(run.violations for run in runs)
    assert LedgerEntry.objects.count() > 20


def _do_something(random, functional, codes):
    chosen = random.sample(codes, 3)
    match random.randrange(4):
        case 0:
            post_movements([Movement(functional, code, "receipt", 2) for code in chosen], actor="t")
        case 1:
            count_stock([Count(functional, code, 60 + random.randrange(9)) for code in chosen], actor="t", atomic=False)
        case 2:
            place_holds([HoldRequest(functional, code, 1, "photo") for code in chosen], actor="t")
        case _:
            open_holds = list(Hold.objects.filter(closed_at=None).values_list("pk", flat=True)[:4])
            release_holds(open_holds, actor="t")
