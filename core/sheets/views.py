"""The pages of an import: choose a file, see what would change, confirm, see the outcome."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, View
from django.views.generic import TemplateView as DjangoTemplateView
from unfold.widgets import UnfoldAdminFileFieldWidget

from core.errors import DomainError
from core.models import Job
from core.sheets.faults import SheetRefused
from core.sheets.jobs import IMPORT, PREVIEW, can_import, start_import, start_preview
from core.sheets.registry import find_sheet
from core.sheets.sheet import Sheet
from core.sheets.workbooks import CSV, XLSX, template, template_csv


class SheetPage(View):
    """What the pages share: the sheet of the address, if this list has it and the user may import it."""

    model_admin: Any = None
    request: HttpRequest

    @cached_property
    def sheet(self) -> Sheet:
        """The sheet."""
        return find_sheet(self.kwargs["sheet"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """404 for a sheet of another list, 403 for a user who may not import this one."""
        if kwargs["sheet"] not in self.model_admin.sheets or not self.sheet.imports:
            raise Http404
        if not isinstance(request.user, AbstractUser) or not request.user.has_perm(self.sheet.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def link(self, name: str, **values: Any) -> str:
        """The address of another page of this sheet."""
        url: str = self.model_admin.sheet_url(name, self.sheet, **values)
        return url

    def find_job(self) -> Job:
        """The job of the address, which is the user's own; a superuser sees all."""
        jobs = Job.objects.filter(kind__in=(PREVIEW, IMPORT), params__sheet=self.sheet.name)
        if not self.request.user.is_superuser:
            jobs = jobs.filter(created_by=self.request.user.pk)
        return get_object_or_404(jobs, pk=self.kwargs["job_id"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What the admin's frame needs, and the sheet."""
        self.request.current_app = self.model_admin.admin_site.name
        return {
            **super().get_context_data(**kwargs),  # type: ignore[misc]
            **self.model_admin.admin_site.each_context(self.request),
            "title": _("Import %(sheet)s") % {"sheet": self.sheet.title},
            "opts": self.model_admin.opts,
            "sheet": self.sheet,
            "import_url": self.link("sheet"),
        }


class UploadForm(forms.Form):
    """One file."""

    file = forms.FileField(label=gettext_lazy("Excel or CSV file"), widget=UnfoldAdminFileFieldWidget)


class ImportView(SheetPage, FormView[UploadForm]):
    """Choose a file; explains the columns and offers the template."""

    template_name = "sheets/upload.html"
    form_class = UploadForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the columns."""
        needed = self.sheet.needed()
        columns = [
            {"title": c.title(), "needed": c.required or c.name in needed, "help": c.help, "kind": _kind(c)}
            for c in self.sheet.columns
        ]
        templates = [(name, self.link("sheet_template", format=name)) for name in ("xlsx", "csv")]
        return {**super().get_context_data(**kwargs), "columns": columns, "templates": templates}

    def form_valid(self, form: UploadForm) -> HttpResponse:
        """Check the file now or in a worker, and go to where the outcome shows."""
        try:
            job = start_preview(self.sheet, form.cleaned_data["file"], user=self.request.user)
        except SheetRefused as refused:
            form.add_error("file", refused.detail)
            return self.form_invalid(form)
        return redirect(self.link("sheet_job", job_id=job.pk))


class JobView(SheetPage, DjangoTemplateView):
    """How far a check or an import is, and what came of it."""

    template_name = "sheets/job.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the job."""
        job = self.find_job()
        return {
            **super().get_context_data(**kwargs),
            "job": job,
            "finished": job.state in (Job.State.DONE, Job.State.FAILED),
            "failed": job.state == Job.State.FAILED,
            "result": job.result,
            "can_import": can_import(job) and "import" not in job.params,
            "errors_url": self.link("sheet_errors", job_id=job.pk) if job.output else "",
            "list_url": f"admin:{self.model_admin.sheet_url_prefix()}changelist",
        }

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Confirm what the preview shows."""
        try:
            job = start_import(self.find_job(), user=request.user, force="force" in request.POST)
        except DomainError as refused:
            messages.error(request, refused.detail)
            return redirect(request.path)
        return redirect(self.link("sheet_job", job_id=job.pk))


class ErrorsView(SheetPage):
    """The user's file with what is wrong in it."""

    def get(self, _request: HttpRequest, *_args: Any, **_kwargs: Any) -> FileResponse:
        """The workbook."""
        job = self.find_job()
        if not job.output:
            raise Http404
        name = f"{self.sheet.name}-errors.xlsx"
        return FileResponse(job.output.open("rb"), as_attachment=True, filename=name, content_type=XLSX)


class TemplateView(SheetPage):
    """An empty file to fill in."""

    def get(self, _request: HttpRequest, *_args: Any, **kwargs: Any) -> HttpResponse:
        """The template in the user's language."""
        if kwargs["format"] not in ("xlsx", "csv"):
            raise Http404
        excel = kwargs["format"] == "xlsx"
        data = template(self.sheet) if excel else template_csv(self.sheet)
        response = HttpResponse(data, content_type=XLSX if excel else CSV)
        response["Content-Disposition"] = f'attachment; filename="{self.sheet.name}.{kwargs["format"]}"'
        return response


def _kind(column: Any) -> str:
    return ", ".join(column.choices()) or str(column.kind)
