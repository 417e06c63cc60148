"""Pages of users, groups, API keys, jobs and the activity."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.messages import get_messages
from django.urls import reverse

from core.api.auth import hash_secret
from core.models import ApiKey, Job
from inventory.models import WarehouseStaff
from inventory.warehouses.actions import ensure_roles
from tests import factories

pytestmark = pytest.mark.django_db
ADD_KEY = {"name": "ERP", "owner": "integration", "owner_code": "", "scopes": ["stock", "stock:write"]}


@pytest.fixture
def merchandiser(client, django_user_model):
    ensure_roles()
    user = django_user_model.objects.create_user("mei", is_staff=True)
    user.groups.set(Group.objects.filter(name="Merchandiser"))
    client.force_login(user)
    return client


def test_a_key_is_shown_once_and_kept_as_a_hash(admin_client):
    answer = admin_client.post(reverse("admin:core_apikey_add"), ADD_KEY)
    key = ApiKey.objects.get()
    words = " ".join(str(message) for message in get_messages(answer.wsgi_request))
    prefix, secret = re.search(r"op_([a-z0-9]+)_([a-z0-9]+)", words).groups()
    assert (key.prefix, key.secret_hash) == (prefix, hash_secret(secret))
    assert key.scopes == ["stock", "stock:write"]
    change = reverse("admin:core_apikey_change", args=[key.pk])
    admin_client.get(change)
    assert secret not in admin_client.get(change).content.decode()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"owner": "store"}, "__all__"),
        ({"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}, "expires_at"),
    ],
)
def test_a_key_that_doesnt_fit_is_refused(admin_client, changed, field):
    answer = admin_client.post(reverse("admin:core_apikey_add"), {**ADD_KEY, **changed})
    assert field in answer.context["adminform"].form.errors
    assert not ApiKey.objects.exists()


def test_keys_are_revoked_but_not_deleted_by_merchandisers(merchandiser):
    merchandiser.post(reverse("admin:core_apikey_add"), ADD_KEY)
    key = ApiKey.objects.get()
    assert merchandiser.post(reverse("admin:core_apikey_delete", args=[key.pk]), {"post": "yes"}).status_code == 403
    dialog = reverse("admin:core_apikey_revoke_one", args=[key.pk])
    merchandiser.get(dialog)
    assert ApiKey.objects.get().revoked_at is None
    merchandiser.post(dialog, {"_form_submitted": "True"})
    assert ApiKey.objects.get().revoked_at is not None


def test_a_user_is_added_with_a_workplace(admin_client):
    warehouse = factories.WarehouseFactory()
    admin_client.post(
        reverse("admin:auth_user_add"),
        {
            "username": "li", "usable_password": "true", "password1": "sehr-geheim-9", "password2": "sehr-geheim-9",
            "workplaces-TOTAL_FORMS": 1, "workplaces-INITIAL_FORMS": 0, "workplaces-0-warehouse": warehouse.pk,
        },
    )  # fmt: skip
    user = User.objects.get(username="li")
    assert user.check_password("sehr-geheim-9")
    assert WarehouseStaff.objects.get(user=user).warehouse == warehouse


def test_whoever_edits_users_cant_make_themselves_superuser(client, django_user_model, admin_user):
    from django.contrib.auth.models import Permission

    clerk = django_user_model.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    client.force_login(clerk)
    page = client.get(reverse("admin:auth_user_change", args=[clerk.pk])).content.decode()
    for field in ("is_superuser", "user_permissions", "groups"):
        assert f'name="{field}"' not in page
    password = reverse("admin:auth_user_password_change", args=[admin_user.pk])
    assert client.get(password).status_code == 403
    assert client.post(reverse("admin:auth_user_delete", args=[admin_user.pk]), {"post": "yes"}).status_code == 403


def test_an_unfinished_job_is_followed(admin_client, admin_user):
    running = Job.objects.create(kind="x", title="Import", state="running", total=10, done=4, created_by=admin_user)
    done = Job.objects.create(kind="x", title="Export", state="done", total=10, done=10)
    page = admin_client.get(reverse("admin:core_job_changelist")).content.decode()
    assert f'data-follow="{reverse("core:job-state", args=[running.pk])}" value="4" max="10"' in page
    assert reverse("core:job-state", args=[done.pk]) not in page


def test_a_failed_job_says_what_is_wrong(admin_client):
    faults = {"errors": [{"path": "rows[3].sku", "message": "There is no SKU “X”."}]}
    job = Job.objects.create(kind="x", title="Import", state="failed", message="1 row", result=faults)
    page = admin_client.get(reverse("admin:core_job_change", args=[job.pk])).content.decode()
    assert "There is no SKU “X”." in page


def test_changes_appear_in_the_activity(admin_client):
    brand = factories.BrandFactory()
    admin_client.post(reverse("admin:inventory_brand_change", args=[brand.pk]), {"code": brand.code, "name": "Linden"})
    page = admin_client.get(reverse("admin:admin_logentry_changelist")).content.decode()
    assert "Linden" in page


def test_roles_are_the_same_after_a_second_time():
    ensure_roles()
    before = {group.name: set(group.permissions.values_list("pk", flat=True)) for group in Group.objects.all()}
    Group.objects.get(name="Store").permissions.clear()
    ensure_roles()
    after = {group.name: set(group.permissions.values_list("pk", flat=True)) for group in Group.objects.all()}
    assert after == before
    assert set(before) == {"Merchandiser", "Store", "Dealer"}
