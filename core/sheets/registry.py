"""Every sheet by name, from the `resources` modules of the packages that the settings list."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.sheets.sheet import Sheet


@cache
def all_sheets() -> Mapping[str, Sheet]:
    """The sheets by name."""
    modules = [import_module(f"{package}.resources") for package in settings.SHEET_PACKAGES]
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Sheet)]
    return {sheet.name: sheet for sheet in found}


def find_sheet(name: str) -> Sheet:
    """The sheet of that name; NotFound if there is none."""
    sheet = all_sheets().get(name)
    if sheet is None:
        raise NotFound(_("There is no sheet “%(name)s”.") % {"name": name})
    return sheet
