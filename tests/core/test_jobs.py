"""Jobs: all or nothing, with progress that shows, and neither lost nor done twice when a worker dies."""

import os
import signal
import time
from datetime import timedelta
from threading import Event, Thread
from unittest import mock

import pytest
from celery import Celery
from django.core.files.base import ContentFile
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone, translation

from core import jobs
from core.errors import Conflict, FieldError
from core.jobs import create_job, job_handler, run_job, sweep_jobs
from core.models import ApiKey, IdempotencyKey, Job
from tests.core.processes import broker_url, start_celery, wait_for

WORKED: list[int] = []


@job_handler("test.plain")
def work(job, progress):
    progress.start(4)
    progress.advance(3)
    WORKED.append(job.pk)
    ApiKey.objects.create(name="made", prefix=f"made{job.pk}", secret_hash="")
    fault = job.params.get("fault")
    if fault:
        raise {
            "domain": Conflict("Row 3 is short.", [FieldError("row 3", "Only 2 left.", {"left": 2})]),
            "constraint": IntegrityError("raw"),
            "database": OperationalError("raw"),
            "bug": RuntimeError("raw"),
        }[fault]
    return {"rows": 4, "language": translation.get_language()}


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """What would be sent to the workers."""
    WORKED.clear()
    calls = []
    monkeypatch.setattr(jobs, "enqueue", lambda task, *args: calls.append((task, *args)))
    return calls


def state(job):
    return Job.objects.get(pk=job.pk)


def lose(job, **values):
    Job.objects.filter(pk=job.pk).update(
        state="running", attempts=1, alive_at=timezone.now() - timedelta(minutes=2), **values
    )


@pytest.mark.django_db
def test_a_job_is_done_and_says_so(sent, admin_user):
    with translation.override("zh-hans"):
        job = create_job("test.plain", "Four rows", params={"a": 1}, user=admin_user)
    assert sent == [("core.tasks.run_job", job.pk)]
    run_job(job.pk)

    done = state(job)
    assert (done.state, done.done, done.total) == ("done", 4, 4)
    assert done.result == {"rows": 4, "language": "zh-hans"}
    assert done.created_by == admin_user
    assert done.finished_at is not None


@pytest.mark.django_db
def test_a_job_keeps_its_upload(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    job = create_job("test.plain", "A file", upload=ContentFile(b"a,b", name="rows.csv"))

    assert state(job).upload.read() == b"a,b"


@pytest.mark.django_db
def test_a_job_that_runs_or_ended_is_not_run_again():
    job = create_job("test.plain", "Once")
    run_job(job.pk)
    run_job(job.pk)

    assert [job.pk] == WORKED


@pytest.mark.django_db
def test_a_domain_error_ends_the_job_with_its_sentence_and_changes_nothing():
    job = create_job("test.plain", "Short", params={"fault": "domain"})
    run_job(job.pk)

    failed = state(job)
    assert (failed.state, failed.message) == ("failed", "Row 3 is short.")
    assert failed.result == {
        "errors": [{"path": "row 3", "message": "Only 2 left.", "left": 2}],
        "error_count": 1,
    }
    assert not ApiKey.objects.exists()


@pytest.mark.django_db
def test_a_violated_constraint_ends_the_job_in_words():
    job = create_job("test.plain", "Clash", params={"fault": "constraint"})
    run_job(job.pk)

    assert state(job).state == "failed"
    assert "raw" not in state(job).message


@pytest.mark.django_db
def test_a_bug_fails_the_job_and_is_raised_on():
    job = create_job("test.plain", "Bug", params={"fault": "bug"})
    with pytest.raises(RuntimeError):
        run_job(job.pk)

    assert state(job).state == "failed"
    assert "raw" not in state(job).message
    assert not ApiKey.objects.exists()


@pytest.mark.django_db
def test_a_lost_database_leaves_the_job_to_the_sweep(sent):
    job = create_job("test.plain", "Lost", params={"fault": "database"})
    with pytest.raises(OperationalError):
        run_job(job.pk)
    assert state(job).state == "running"

    lose(job)
    assert sweep_jobs() == 1
    assert state(job).state == "queued"
    assert sent[-1] == ("core.tasks.run_job", job.pk)


@pytest.mark.django_db
def test_the_third_loss_is_the_last():
    job = create_job("test.plain", "Lost")
    lose(job)
    Job.objects.update(attempts=3)

    assert sweep_jobs() == 0
    assert state(job).state == "failed"
    assert "3 times" in state(job).message


@pytest.mark.django_db
def test_a_living_job_and_a_fresh_one_are_left_alone(sent):
    living, fresh = create_job("test.plain", "Living"), create_job("test.plain", "Fresh")
    Job.objects.filter(pk=living.pk).update(state="running", alive_at=timezone.now() - timedelta(seconds=50))

    assert sweep_jobs() == 0
    assert (state(living).state, state(fresh).state) == ("running", "queued")
    assert len(sent) == 2


@pytest.mark.django_db
def test_a_job_whose_message_got_lost_is_sent_again_but_not_each_time(sent):
    job = create_job("test.plain", "Unsent")
    Job.objects.update(alive_at=timezone.now() - timedelta(minutes=5))

    assert (sweep_jobs(), sweep_jobs()) == (1, 0)
    assert sent == [("core.tasks.run_job", job.pk)] * 2


@pytest.mark.django_db
def test_a_worker_that_was_given_up_undoes_its_late_work():
    job = create_job("test.plain", "Late")

    def be_given_up(late, progress):
        Job.objects.filter(pk=late.pk).update(attempts=2)
        return work(late, progress)

    with mock.patch.dict(jobs._HANDLERS, {"test.plain": be_given_up}):
        run_job(job.pk)

    assert not ApiKey.objects.exists()
    assert state(job).state == "running"


def test_one_kind_has_one_handler():
    with pytest.raises(ValueError, match=r"test\.plain"):
        job_handler("test.plain")(lambda job, progress: None)


@pytest.mark.django_db(transaction=True)
def test_progress_shows_while_the_transaction_is_open():
    moved, seen_by_all = Event(), Event()

    def slow(job, progress):
        progress.start(10, "Half way")
        progress.advance(5)
        ApiKey.objects.create(name="made", prefix="made", secret_hash="")
        moved.set()
        assert seen_by_all.wait(10)

    job = create_job("test.plain", "Slow")

    def run():
        try:
            run_job(job.pk)
        finally:
            connection.close()

    with mock.patch.dict(jobs._HANDLERS, {"test.plain": slow}):
        worker = Thread(target=run)
        worker.start()
        assert moved.wait(10)
        wait_for(lambda: state(job).done == 5)
        assert (state(job).total, state(job).message) == (10, "Half way")
        assert not ApiKey.objects.exists()
        seen_by_all.set()
        worker.join()
    assert (state(job).state, state(job).done) == ("done", 10)


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_locks_its_own_job_is_not_stuck():
    def locking(job, progress):
        Job.objects.filter(pk=job.pk).update(title="Mine")
        progress.start(1)
        time.sleep(0.6)

    job = create_job("test.plain", "Locked")
    with mock.patch.dict(jobs._HANDLERS, {"test.plain": locking}):
        run_job(job.pk)
    assert (state(job).state, state(job).title) == ("done", "Mine")


@pytest.mark.django_db(transaction=True)
def test_kill_9_of_the_worker_leaves_nothing_and_the_job_is_done_once(tmp_path, monkeypatch, make_key):
    sender = Celery("sender", broker=broker_url())
    monkeypatch.setattr(jobs, "enqueue", lambda task, *args: sender.send_task(task, args, queue="bulk"))
    gate = tmp_path / "gate"
    job = create_job("test.slow", "Killed", params={"key": make_key().pk, "gate": str(gate)})

    worker = start_celery("worker", "-Q", "bulk", "-c", "1", "--without-gossip", "--without-mingle")
    try:
        wait_for(lambda: state(job).done == 5)
        assert IdempotencyKey.objects.count() == 0
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    assert sweep_jobs() == 0
    Job.objects.filter(pk=job.pk).update(alive_at=timezone.now() - timedelta(minutes=2))
    assert sweep_jobs() == 1
    gate.touch()

    worker = start_celery("worker", "-Q", "bulk", "-c", "1", "--without-gossip", "--without-mingle")
    try:
        wait_for(lambda: state(job).state == "done")
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    assert state(job).result == {"attempt": 2}
    assert sorted(IdempotencyKey.objects.values_list("key", flat=True)) == [f"2-{number}" for number in range(10)]
