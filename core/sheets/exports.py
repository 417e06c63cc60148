"""Exports through django-import-export: its form and its use of the list's filters, our columns and formats."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from import_export import fields, resources
from import_export.formats import base_formats
from tablib import Dataset

from core.sheets.sheet import Sheet, export_cells
from core.sheets.workbooks import CSV, XLSX, to_csv, to_xlsx


class SheetResource(resources.Resource):  # type: ignore[misc]
    """A sheet as django-import-export sees it. Imports go their own way: see docs/adr/0003."""

    sheet: ClassVar[Sheet]

    @classmethod
    def get_display_name(cls) -> str:
        """The sheet's title."""
        return str(cls.sheet.title)

    def get_user_visible_fields(self) -> list[fields.Field]:
        """The columns, for the export page."""
        return [fields.Field(column_name=column.title()) for column in self.sheet.columns]

    def export(self, queryset: QuerySet[Any], **_options: Any) -> Dataset:
        """The rows of the list, ready to be imported again."""
        header, *rows = export_cells(self.sheet, queryset)
        return Dataset(*rows, headers=header)


def export_resource(sheet: Sheet) -> type[SheetResource]:
    """The resource class of a sheet."""
    return type(f"{sheet.name.title()}Resource", (SheetResource,), {"sheet": sheet})


class SheetXlsx(base_formats.Format):  # type: ignore[misc]
    """Excel, by XlsxWriter."""

    def get_title(self) -> str:
        """The name in the list of formats."""
        return "Excel (.xlsx)"

    def get_extension(self) -> str:
        """The end of the file's name."""
        return "xlsx"

    def get_content_type(self) -> str:
        """What the browser is told."""
        return XLSX

    def is_binary(self) -> bool:
        """Not a text."""
        return True

    def can_export(self) -> bool:
        """Always: it needs no library of tablib's."""
        return True

    def export_data(self, dataset: Dataset, **_options: Any) -> bytes:
        """The workbook."""
        return to_xlsx([dataset.headers, *dataset])


class SheetCsv(SheetXlsx):
    """CSV in UTF-8 with the mark that Excel needs."""

    def get_title(self) -> str:
        """The name in the list of formats."""
        return "CSV"

    def get_extension(self) -> str:
        """The end of the file's name."""
        return "csv"

    def get_content_type(self) -> str:
        """What the browser is told."""
        return CSV

    def export_data(self, dataset: Dataset, **_options: Any) -> bytes:
        """The file."""
        return to_csv([dataset.headers, *dataset])
