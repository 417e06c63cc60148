"""The two jobs of an import: the preview, and carrying out what was previewed."""

from typing import Any

from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Conflict
from core.jobs import create_job, job_handler, run_job
from core.models import Job
from core.progress import Progress
from core.sheets.guards import check_upload
from core.sheets.plans import Plan
from core.sheets.registry import find_sheet
from core.sheets.sheet import Sheet
from core.sheets.workbooks import error_workbook

PREVIEW = "sheet_preview"
IMPORT = "sheet_import"
# About 5,000 rows: nobody should wait for a worker to look at so few.
SMALL_FILE = 300_000


def start_preview(sheet: Sheet, upload: "File[bytes]", *, user: Any) -> Job:
    """Keep the file and queue its preview; a small file's preview is there at once.

    The file's own name goes into the job's title and nowhere else. SheetRefused for an empty or too large one.
    """
    check_upload(upload.size)
    title = _("Check %(sheet)s: %(file)s") % {"sheet": sheet.title, "file": upload.name}
    kept = File(upload.file, name="upload")
    job = create_job(PREVIEW, title, params={"sheet": sheet.name}, upload=kept, user=user)
    return _run_small(job, upload.size)


def start_import(checked: Job, *, user: Any, force: bool = False) -> Job:
    """Queue the import that a preview, or an import that found the data moved, has shown; only once.

    With `force` it goes ahead even if the data moves again before it runs.
    """
    with transaction.atomic():
        checked = Job.objects.select_for_update().get(pk=checked.pk)
        if "import" in checked.params:
            return Job.objects.get(pk=checked.params["import"])
        if not can_import(checked):
            raise Conflict(_("This file can't be imported as it is."))
        params = {"sheet": checked.params["sheet"], "token": checked.result["token"], "force": force}
        params["source"] = checked.params.get("source", checked.pk)
        title = _("Import %(sheet)s") % {"sheet": find_sheet(params["sheet"]).title}
        job = create_job(IMPORT, title, params=params, user=user)
        checked.params["import"] = job.pk
        checked.save(update_fields=["params"])
    return _run_small(job, source_of(job).upload.size)


def source_of(job: Job) -> Job:
    """The job that has the file."""
    return Job.objects.get(pk=job.params["source"]) if "source" in job.params else job


def can_import(job: Job) -> bool:
    """Whether a finished preview, or an import that changed nothing, may be confirmed."""
    result = job.result
    if job.state != Job.State.DONE or result.get("imported") or result.get("fault_count"):
        return False
    return bool(result.get("new") or result.get("changed"))


def _run_small(job: Job, size: int) -> Job:
    if size <= SMALL_FILE:
        run_job(job.pk)
        job.refresh_from_db()
    return job


@job_handler(PREVIEW)
def preview(job: Job, progress: Progress) -> dict[str, Any]:
    """Read and check the file, and show what it would change."""
    progress.start(2, _("Reading and checking the file"))
    return _planned(job, find_sheet(job.params["sheet"]), progress)[1]


@job_handler(IMPORT)
def carry_out(job: Job, progress: Progress) -> dict[str, Any]:
    """Check the file anew against the present data and write it, all of it or nothing.

    If the data has moved since the preview, nothing is written and the result is a new preview.
    """
    sheet = find_sheet(job.params["sheet"])
    progress.start(3, _("Reading and checking the file"))
    plan, result = _planned(job, sheet, progress)
    stale = plan.token != job.params["token"] and not job.params["force"]
    if plan.faults or stale:
        progress.message = _("Nothing was imported: the data has changed since the preview.")
        return {**result, "imported": False, "stale": stale}
    progress.start(3, _("Writing"))
    progress.advance(2)
    sheet.write(plan, actor=job.created_by.get_username() if job.created_by else "")
    progress.message = _("Imported")
    return {**result, "imported": True}


def _planned(job: Job, sheet: Sheet, progress: Progress) -> tuple[Plan, dict[str, Any]]:
    with source_of(job).upload.open("rb") as file:
        plan = sheet.plan(file, job.created_by)
        progress.advance()
        progress.message = _("Checked")
        if plan.faults:
            file.seek(0)
            job.output.save("errors.xlsx", ContentFile(error_workbook(file, sheet, plan.faults)), save=False)
    progress.advance()
    return plan, plan.as_json()
