"""Every sheet by name; an app adds its own when it starts."""

from django.utils.module_loading import import_string

from core.errors import NotFound
from core.sheets.sheet import Sheet

_paths: dict[str, str] = {}


def register_sheets(**paths: str) -> None:
    """Make sheets known by name; the dotted path of each is imported when it is first used."""
    _paths.update({name.replace("_", "-"): path for name, path in paths.items()})


def find_sheet(name: str) -> Sheet:
    """The sheet of that name; NotFound if there is none."""
    if name not in _paths:
        raise NotFound(f"There is no sheet {name}.")
    sheet: Sheet = import_string(_paths[name])
    return sheet


def sheet_names() -> list[str]:
    """The names of all sheets."""
    return sorted(_paths)
