"""Collects what is wrong with the rows of a batch, and says it per row or refuses the batch."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import Conflict, FieldError, InvalidInput


class Fault(NamedTuple):
    """Why the row at `position` (from 0) can't be done.

    A `conflict` is one with the state of things, not with the request; `facts` are for a machine to read.
    """

    position: int
    field: str
    message: str
    conflict: bool = False
    facts: dict[str, Any] | None = None


class RowResult(NamedTuple):
    """How the row at `position` (from 0) of a batch ended; `error` is empty when it went well."""

    position: int
    error: str = ""
    conflict: bool = False


def refuse_batch(name: str, faults: Sequence[Fault]) -> None:
    """Raise for a batch that is all or nothing: `Conflict` if only the state is at fault, else `InvalidInput`."""
    if not faults:
        return
    ordered = sorted(faults, key=_position)
    kind = Conflict if all(fault.conflict for fault in ordered) else InvalidInput
    summary = ngettext(
        "%(count)d row can't be done, so nothing has changed. Row %(row)d: %(message)s",
        "%(count)d rows can't be done, so nothing has changed. Row %(row)d: %(message)s",
        len({fault.position for fault in ordered}),
    )
    detail = summary % {
        "count": len({fault.position for fault in ordered}),
        "row": ordered[0].position + 1,
        "message": ordered[0].message,
    }
    raise kind(detail, [_field_error(name, fault) for fault in ordered])


def row_results(size: int, faults: Iterable[Fault]) -> list[RowResult]:
    """One result per row of a batch of `size` rows; a row with several faults names the first."""
    results = [RowResult(position) for position in range(size)]
    for fault in sorted(faults, reverse=True, key=_position):
        results[fault.position] = RowResult(fault.position, fault.message, fault.conflict)
    return results


def unknown_sku(code: str) -> str:
    """The sentence for a code that names no SKU."""
    return _("There is no SKU “%(sku)s”.") % {"sku": code}


def bundle_sku(code: str) -> str:
    """The sentence for a bundle where a SKU with stock is needed."""
    return _("%(sku)s is a bundle: it holds no stock, its components do.") % {"sku": code}


def unknown_functional(code: str) -> str:
    """The sentence for a code that names no functional warehouse the caller may use."""
    return _("There is no functional warehouse “%(functional)s”.") % {"functional": code}


def _field_error(name: str, fault: Fault) -> FieldError:
    return FieldError(f"{name}[{fault.position}].{fault.field}", fault.message, fault.facts)


def _position(fault: Fault) -> int:
    return fault.position
