"""Adds import, export and templates to a changelist."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from import_export.admin import ExportMixin
from import_export.resources import Resource
from unfold.contrib.import_export.forms import ExportForm

from core.sheets.exports import SheetCsv, SheetXlsx, export_resource
from core.sheets.registry import find_sheet
from core.sheets.sheet import Sheet
from core.sheets.views import ErrorsView, ImportView, JobView, TemplateView


class SheetAdminMixin(ExportMixin):  # type: ignore[misc]
    """Goes before the ModelAdmin class; `sheets` names the sheets of the list, in the order of their buttons.

    Importing takes the sheet's own permission, exporting and templates that to view the list.
    """

    sheets: tuple[str, ...] = ()
    import_export_change_list_template = "sheets/change_list.html"
    export_form_class = ExportForm
    export_formats = [SheetXlsx, SheetCsv]

    def list_sheets(self) -> list[Sheet]:
        """The sheets of this list."""
        return [find_sheet(name) for name in self.sheets]

    def get_urls(self) -> list[URLPattern]:
        """The pages of the imports, before the list's own."""
        wrap, prefix = self.admin_site.admin_view, self.sheet_url_prefix()
        views = [
            ("sheets/<slug:sheet>/", ImportView, "sheet"),
            ("sheets/<slug:sheet>/template.<str:format>", TemplateView, "sheet_template"),
            ("sheets/<slug:sheet>/<int:job_id>/", JobView, "sheet_job"),
            ("sheets/<slug:sheet>/<int:job_id>/errors.xlsx", ErrorsView, "sheet_errors"),
        ]
        own = [path(url, wrap(view.as_view(model_admin=self)), name=prefix + name) for url, view, name in views]
        return [*own, *super().get_urls()]

    def sheet_url_prefix(self) -> str:
        """What the names of this list's URLs begin with."""
        return f"{self.opts.app_label}_{self.opts.model_name}_"

    def sheet_url(self, name: str, sheet: Sheet, **values: Any) -> str:
        """The address of a page of a sheet: `sheet`, `sheet_template`, `sheet_job` or `sheet_errors`."""
        return reverse(f"admin:{self.sheet_url_prefix()}{name}", kwargs={"sheet": sheet.name, **values})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with a button for every sheet the user may import."""
        allowed = [sheet for sheet in self.list_sheets() if sheet.imports and may_import(request, sheet)]
        buttons = [{"title": sheet.title, "link": self.sheet_url("sheet", sheet)} for sheet in allowed]
        page: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "sheet_buttons": buttons})
        return page

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Who sees the list may take it along."""
        return bool(self.has_view_permission(request) and any(sheet.exports for sheet in self.list_sheets()))

    def get_export_resource_classes(self, request: HttpRequest) -> list[type[Resource]]:
        """One per sheet that can be exported."""
        return [export_resource(sheet) for sheet in self.list_sheets() if sheet.exports]


def may_import(request: HttpRequest, sheet: Sheet) -> bool:
    """Whether the user may import this sheet."""
    return isinstance(request.user, AbstractUser) and request.user.has_perm(sheet.permission)
