"""The pages of an import, from the template to the outcome, and exports with the list's filters."""

import io
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import include, path
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from core.jobs import run_job
from core.models import Job
from core.sheets import jobs
from core.sheets.admin import SheetAdminMixin
from core.sheets.registry import find_sheet
from inventory.models import Sku
from tests.factories import BrandFactory, SkuFactory
from tests.sheet_files import csv_file, faults, load, read_xlsx, xlsx

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class SkuList(SheetAdminMixin, ModelAdmin):  # type: ignore[misc]
    sheets = ("skus", "bundles")
    list_filter = ("season",)
    search_fields = ("code",)


site = UnfoldAdminSite("admin")
site.register(Sku, SkuList)
urlpatterns = [
    path("admin/jobs-api/", include("core.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", site.urls),
]
LIST = "/admin/inventory/sku/"
IMPORT = f"{LIST}sheets/skus/"


@pytest.fixture(autouse=True)
def files_go_to_a_folder_of_the_test(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def merchandiser(client, django_user_model):
    user = django_user_model.objects.create_user("mia", password="-", is_staff=True)
    for codename in ("view_sku", "change_sku"):
        user.user_permissions.add(Permission.objects.get(codename=codename))
    client.force_login(user)
    return user


def upload(client, *lines: str):
    answer = client.post(IMPORT, {"file": SimpleUploadedFile("../../spring.csv", csv_file(*lines).read())})
    assert answer.status_code == 302, answer.content.decode()
    return answer.url


def test_a_file_is_previewed_confirmed_and_imported(client, merchandiser):
    SkuFactory(code="A", name="Old")
    page = upload(client, "Code,Name", "A,New", "B,Bee")
    shown = client.get(page).content.decode()
    assert 'data-count="new">1<' in shown
    assert 'data-count="changed">1<' in shown
    assert "Old" in shown
    assert Sku.objects.get().name == "Old", "a preview changes nothing"
    outcome = client.post(page).url
    assert "Everything is imported." in client.get(outcome).content.decode()
    assert dict(Sku.objects.values_list("code", "name")) == {"A": "New", "B": "Bee"}
    assert client.post(page).url == outcome, "confirming twice imports once"
    assert Job.objects.count() == 2
    assert Job.objects.filter(upload__contains="spring").count() == 0


def test_a_faulty_file_comes_back_with_what_is_wrong_and_can_be_imported_once_corrected(client, merchandiser):
    page = upload(client, "Name,Code,Price", "Ay,A,1", "Bee,B,cheap", "=HYPERLINK(1),C,2")
    shown = client.get(page).content.decode()
    assert "“cheap” is not a number." in shown
    assert "2 rows are wrong" in shown
    assert 'name="confirm"' not in shown
    client.post(page)
    assert not Sku.objects.exists()
    answer = client.get(f"{page}errors.xlsx")
    data = b"".join(answer.streaming_content)
    assert read_xlsx(data) == [
        ["What is wrong", "Name", "Code", "Price"],
        ["", "Ay", "A", "1"],
        ["Price: “cheap” is not a number.", "Bee", "B", "cheap"],
        ["Name: A text may not begin with “=”: programs run it as a formula.", "=HYPERLINK(1)", "C", "2"],
    ]
    assert len(faults("skus", io.BytesIO(data))) == 2, "the workbook itself may be corrected and imported"


def test_a_bad_file_is_answered_on_the_page(client, merchandiser):
    page = upload(client, "Code,Colour", "A,red")
    assert "“Colour” is not a column of this sheet." in client.get(page).content.decode()
    answer = client.post(IMPORT, {"file": SimpleUploadedFile("a.csv", b"")})
    assert answer.status_code == 200
    assert Job.objects.count() == 1


def test_a_preview_that_is_out_of_date_is_shown_anew_instead_of_imported(client, merchandiser):
    sku = SkuFactory(code="A", name="Old")
    page = upload(client, "Code,Name", "A,New")
    Sku.objects.filter(pk=sku.pk).update(name="Other")
    second = client.post(page).url
    shown = client.get(second).content.decode()
    assert "the data has changed since the preview" in shown
    assert "Other" in shown
    assert Sku.objects.get().name == "Other"
    Sku.objects.filter(pk=sku.pk).update(name="Third")
    client.post(second, {"force": "on"})
    assert Sku.objects.get().name == "New"


def test_a_large_file_is_left_to_a_worker(client, merchandiser, monkeypatch):
    monkeypatch.setattr(jobs, "SMALL_FILE", 10)
    page = upload(client, "Code,Name", "A,New")
    job = Job.objects.get()
    assert job.state == Job.State.QUEUED
    assert f"/jobs-api/jobs/{job.pk}/state" in client.get(page).content.decode()
    run_job(job.pk)
    imported = client.post(page).url
    assert not Sku.objects.exists()
    run_job(Job.objects.latest("pk").pk)
    assert "Everything is imported." in client.get(imported).content.decode()
    assert Sku.objects.get().name == "New"


def test_nothing_is_half_imported_when_writing_fails(client, merchandiser):
    page = upload(client, "Code,Name", "A,New", "B,Bee")
    failing = patch("inventory.catalogue.actions.mark_changed_fields", side_effect=RuntimeError)
    with failing, pytest.raises(RuntimeError):
        client.post(page)
    assert not Sku.objects.exists()
    assert Job.objects.latest("pk").state == Job.State.FAILED


def test_who_may_not_change_skus_may_not_import_them(client, merchandiser, django_user_model):
    page = upload(client, "Code,Name", "A,New")
    other = django_user_model.objects.create_user("ben", is_staff=True)
    other.user_permissions.add(Permission.objects.get(codename="view_sku"))
    client.force_login(other)
    assert client.get(IMPORT).status_code == 403
    assert client.post(IMPORT).status_code == 403
    assert "Import SKUs" not in client.get(LIST).content.decode()
    other.user_permissions.add(Permission.objects.get(codename="change_sku"))
    assert client.get(page).status_code == 404, "another user's file stays private"
    assert client.get(f"{LIST}sheets/shares/").status_code == 404


def test_the_list_offers_import_export_and_templates(client, merchandiser):
    shown = client.get(f"{LIST}?season=AW").content.decode()
    assert f'href="{IMPORT}"' in shown
    assert f'href="{LIST}export/?season=AW"' in shown
    assert f'{IMPORT}template.xlsx"' in client.get(IMPORT).content.decode()


def test_the_template_explains_itself_in_the_users_language(client, merchandiser, django_user_model):
    data = client.get(f"{IMPORT}template.xlsx").content
    header = read_xlsx(data)[0]
    assert header[:3] == ["Code*", "Name*", "Barcode"]
    assert load("skus", xlsx(header, ["A", "a", *[None] * 10])).new == 1
    client.cookies["django_language"] = "zh-hans"
    with_chinese = client.get(f"{IMPORT}template.csv", headers={"accept-language": "zh-hans"}).content.decode(
        "utf-8-sig"
    )
    assert with_chinese.startswith("编码,名称,条码,品牌")


@pytest.mark.parametrize("number", [0, 1])
def test_an_export_has_the_lists_filters_and_imports_back(client, merchandiser, number):
    SkuFactory(code="A", season="AW", name="=1+1", brand=BrandFactory())
    SkuFactory(code="B", season="SS")
    form = client.get(f"{LIST}export/?season=AW")
    assert form.status_code == 200
    answer = client.post(f"{LIST}export/?season=AW", {"format": number, "resource": 0})
    assert answer.status_code == 200
    found = find_sheet("skus").plan(io.BytesIO(answer.content), None)
    assert (found.rows, found.unchanged, found.faults) == (1, 1, [])
