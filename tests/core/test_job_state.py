"""The progress bar's JSON: for the job's owner and those who may see jobs."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from core.models import Job

pytestmark = pytest.mark.django_db


def log_in(name, **values) -> Client:
    client = Client()
    user = User.objects.create(username=name, **values)
    client.force_login(user)
    return client


@pytest.fixture
def job():
    return Job.objects.create(kind="x", title="x", total=8, done=3, state="running", message="Rows", result={"a": 1})


def url(job):
    return f"/admin/jobs-api/jobs/{job.pk}/state"


def test_an_owner_sees_how_far_it_is(job):
    client = log_in("ann", is_staff=True)
    Job.objects.update(created_by=User.objects.get())
    answer = client.get(url(job))

    assert answer.json() == {
        "id": job.pk,
        "state": "running",
        "label": "Running",
        "total": 8,
        "done": 3,
        "percent": 37,
        "message": "Rows",
        "finished": False,
        "result": {},
        "output": None,
    }
    assert "no-cache" in answer["Cache-Control"]


def test_a_finished_job_shows_its_result(job):
    Job.objects.update(state="done", done=8, output="jobs/out.xlsx")
    content = log_in("ann", is_staff=True, is_superuser=True).get(url(job)).json()

    assert (content["finished"], content["percent"], content["result"]) == (True, 100, {"a": 1})
    assert content["output"].endswith("jobs/out.xlsx")


def test_other_staff_dont_see_it_and_others_may_not_ask(job):
    assert log_in("bob", is_staff=True).get(url(job)).status_code == 404
    assert log_in("cat").get(url(job)).status_code == 403
    assert Client().get(url(job)).status_code == 403
    assert log_in("dan", is_staff=True).post(url(job)).status_code == 405
