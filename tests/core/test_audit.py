"""The audit itself: the command, its questions, what it keeps, the page, the nightly run."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from core.audit import tasks
from core.audit.actions import choose_checks, run_audit
from core.audit.checks import Check, Found, Violation, all_checks, find_wrong, register_check
from core.models import AuditRun, Job
from inventory.ledger.actions import Movement, post_movements
from inventory.models import StockRow
from inventory.warehouses.actions import ensure_roles
from tests.core.audits import audit, corrupt
from tests.factories import FunctionalWarehouseFactory, SkuFactory
from tests.querycounts import count_queries

pytestmark = pytest.mark.django_db
PAGE = "admin:core_auditrun_changelist"
RUN_NOW = "admin:core_auditrun_run_now"


@pytest.fixture
def wrong_row():
    """A stock row with 5 in the ledger and 8 on hand."""
    sku, functional = SkuFactory(code="COAT"), FunctionalWarehouseFactory()
    post_movements([Movement(functional.code, sku.code, "receipt", 5)], actor="ann")
    corrupt("UPDATE inventory_stockrow SET on_hand = 8")
    return StockRow.objects.get()


def answer_with(monkeypatch, *answers):
    asked = []
    replies = iter(answers)
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or next(replies))
    return asked


def test_a_clean_database_is_said_to_be_so():
    output, code = audit()
    assert code == 0
    assert "Everything is as it must be." in output
    assert all(str(check.title) in output for check in all_checks().values())
    run = AuditRun.objects.get()
    assert (run.complete, run.check_count, run.violation_count) == (True, len(all_checks()), 0)
    assert run.repaired is None


def test_a_fault_is_listed_and_the_command_fails(wrong_row):
    output, code = audit("--check", "on-hand-is-ledger")
    assert code == 1
    assert f"{wrong_row}: 8 on hand, but the entries of the ledger add up to 5." in output
    assert "1 violation." in output
    run = AuditRun.objects.get()
    assert (run.complete, run.check_count, run.violation_count) == (False, 1, 1)


def test_an_unknown_check_is_named():
    with pytest.raises(CommandError, match="There is no check “nope”"):
        call_command("audit", "--check", "nope")


def test_a_repair_is_proposed_and_made_only_when_confirmed(wrong_row, monkeypatch):
    asked = answer_with(monkeypatch, "", "y")
    output, code = audit("--repair")
    assert (code, len(asked)) == (1, 1)
    assert "Write a ledger entry of +3 units" in output
    assert "0 repairs made." in output
    output, code = audit("--repair")
    assert code == 0
    assert "1 repair made." in output
    before, after = AuditRun.objects.all()[1], AuditRun.objects.all()[0]
    assert (before.violation_count, before.repaired) == (1, None)
    assert (after.violation_count, after.repaired) == (0, 1)
    assert after.repairs[0]["where"] == str(wrong_row)


def test_nothing_is_asked_when_nothing_is_wrong(monkeypatch):
    asked = answer_with(monkeypatch)
    assert audit("--repair")[1] == 0
    assert asked == []


def test_two_checks_of_one_name_are_refused():
    taken = next(iter(all_checks()))
    with pytest.raises(ValueError, match=taken):
        register_check(Check(taken, "Another", lambda limit: Found(0, [])))


def test_a_query_counts_more_than_it_describes():
    total, violations = find_wrong(
        "SELECT n FROM generate_series(1, 30) n", 4, lambda row: Violation(str(row["n"]), "%(n)d", {"n": row["n"]})
    )
    assert (total, [violation.words() for violation in violations]) == (30, ["1", "2", "3", "4"])


def test_what_settles_by_itself_a_moment_later_is_no_violation(monkeypatch):
    monkeypatch.setattr("core.audit.selectors.SECOND_LOOK", 0)
    answers = [["a", "b"], ["b", "c"]]

    def look(limit):
        places = answers.pop(0)
        return Found(len(places), [Violation(place, "wrong", {}) for place in places])

    run = run_audit([Check("settling", "Settling", look, settles=True)], actor="ann")
    assert [each["where"] for each in run.violations] == ["b"]
    assert run.violation_count == 1


def test_the_nightly_audit_is_kept_and_shouts(wrong_row, caplog):
    tasks.run_audit()
    assert "The nightly audit has found 1 violations" in caplog.text
    assert AuditRun.objects.get().actor == "beat"


def test_beat_sends_it_every_night():
    from config.celery import app

    entry = app.conf.beat_schedule["audit"]
    assert entry["task"] in app.tasks
    assert entry["options"]["queue"] == "bulk"


# The page


def test_the_page_says_how_to_begin(admin_client):
    page = admin_client.get(reverse(PAGE)).content.decode()
    assert "There has been no audit yet." in page


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_shows_the_last_audit(admin_client, wrong_row, language):
    run_audit(choose_checks(), actor="ann")
    admin_client.cookies["django_language"] = language
    page = admin_client.get(reverse(PAGE))
    text = page.content.decode()
    assert 'data-violations="1"' in text
    assert str(wrong_row) in text
    assert len(page.context["results"]) == len(all_checks())
    assert page.context["violations"][0].proposed
    assert "%(" not in text


def test_an_audit_of_some_checks_is_not_the_last_one(admin_client):
    run_audit(choose_checks(), actor="ann")
    run_audit(choose_checks(["hold-sources"]), actor="ann")
    page = admin_client.get(reverse(PAGE))
    assert page.context["run"].complete
    assert AuditRun.objects.count() == 2


def test_each_audit_has_its_own_page(admin_client, wrong_row):
    audit("--repair", "--yes")
    after, before = AuditRun.objects.all()
    text = admin_client.get(reverse("admin:core_auditrun_change", args=[before.pk])).content.decode()
    assert "add up to 5" in text
    text = admin_client.get(reverse("admin:core_auditrun_change", args=[after.pk])).content.decode()
    assert 'data-part="repairs"' in text
    assert "Write a ledger entry of +3 units" in text


def test_more_violations_take_no_more_queries(admin_client, wrong_row):
    run = run_audit(choose_checks(), actor="ann")
    admin_client.get(reverse(PAGE))
    few, _queries = count_queries(lambda: admin_client.get(reverse(PAGE)))
    run.violations = run.violations * 50
    run.save()
    assert count_queries(lambda: admin_client.get(reverse(PAGE)))[0] == few


def test_run_now_queues_one_job(admin_client, monkeypatch):
    monkeypatch.setattr("core.queue._send", lambda *args: None)
    assert admin_client.get(reverse(RUN_NOW)).status_code == 200
    assert not Job.objects.exists()
    assert "HX-Redirect" in admin_client.post(reverse(RUN_NOW), {"_form_submitted": "True"}).headers
    job = Job.objects.get()
    assert job.kind == "audit"
    again = admin_client.post(reverse(RUN_NOW), {"_form_submitted": "True"}).content.decode()
    assert "An audit is running already." in again
    assert Job.objects.count() == 1
    page = admin_client.get(reverse(PAGE)).content.decode()
    assert f'data-follow="{reverse("core:job-state", args=[job.pk])}"' in page


def test_only_those_who_may_see_it(client):
    user = User.objects.create_user("store", is_staff=True)
    client.force_login(user)
    assert client.get(reverse(PAGE)).status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename="view_auditrun"))
    assert client.get(reverse(PAGE)).status_code == 200
    assert client.post(reverse(RUN_NOW), {"_form_submitted": "True"}).status_code == 403
    assert not Job.objects.exists()
    assert reverse(PAGE) in client.get(reverse("admin:index")).content.decode()


def test_merchandisers_may_run_it(client):
    ensure_roles()
    assert Permission.objects.filter(group__name="Merchandiser", codename="run_audit").exists()
    assert not Permission.objects.filter(group__name="Store", content_type__model="auditrun").exists()


def test_the_first_page_warns(admin_client, wrong_row):
    def note():
        return 'data-part="audit"' in admin_client.get(reverse("admin:index")).content.decode()

    assert not note()
    run = run_audit(choose_checks(), actor="ann")
    assert note()
    AuditRun.objects.update(violation_count=0)
    assert not note()
    AuditRun.objects.update(finished_at=timezone.now() - timedelta(days=2, minutes=1))
    assert note()
    assert run.pk
