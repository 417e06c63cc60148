"""What a version may say: checked before it is kept, and kept in one form only, so that equal contents are equal."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from core.errors import FieldError, InvalidInput
from core.faults import describe
from strategies.checks import check_conditions
from strategies.models import StrategyVersion
from strategies.registry import Kind, facts_of, find_kind
from strategies.rules.shapes import Conditions
from strategies.rules.values import is_storable
from strategies.selectors.contradictions import find_contradictory

Given = Mapping[str, Any] | BaseModel


class Content(NamedTuple):
    """What a version says, as the database keeps it."""

    conditions: dict[str, Any]
    action: dict[str, Any]
    note: str


def find_known_kind(key: str) -> Kind:
    """The kind; InvalidInput when there is none."""
    try:
        return find_kind(key)
    except KeyError:
        fault = FieldError("kind", _("There is no kind of strategy %(key)s.") % {"key": key})
        raise InvalidInput(fault.message, [fault]) from None


def check_content(kind: Kind, conditions: Given, action: Given, note: str) -> Content:
    """The content in the form that is kept; InvalidInput naming every place that doesn't fit."""
    faults: list[FieldError] = []
    asked = _read(Conditions, conditions, "conditions", faults)
    wanted = _read(kind.action, action, "action", faults)
    if asked is not None:
        facts = {fact.key: fact for fact in facts_of(kind)}
        faults += [FieldError(f"conditions.{path}", text) for path, text in check_conditions(asked, facts)]
    if wanted is not None:
        faults += [FieldError(f"action.{path}", text) for path, text in kind.check(wanted)]
    note = " ".join(note.split())
    if not is_storable(note):
        faults.append(FieldError("note", _("This must be one line of text that neither begins nor ends with a blank.")))
    if len(note) > 500:
        faults.append(FieldError("note", _("The note is longer than 500 characters.")))
    if faults or asked is None or wanted is None:
        raise InvalidInput(faults[0].message, faults)
    # A field of an action that is given counts, even when it is null; in conditions nothing is meant by that.
    return Content(
        asked.model_dump(mode="json", exclude_defaults=True), wanted.model_dump(mode="json", exclude_unset=True), note
    )


def check_publishable(version: StrategyVersion) -> None:
    """InvalidInput when the content doesn't fit any more, or can never match."""
    kind = find_known_kind(version.strategy.kind)
    check_content(kind, version.conditions, version.action, version.note)
    conditions = Conditions.model_validate(version.conditions)
    found = find_contradictory(kind, conditions)
    if len(found) == max(1, len(conditions.any)):
        text = _("These rows rule each other out, so the strategy would never match.")
        raise InvalidInput(text, [FieldError(f"conditions.{path}", text) for group in found for path in group.rows])


def _read(model: type[BaseModel], given: Given, path: str, faults: list[FieldError]) -> Any:
    data = given.model_dump(mode="json", exclude_unset=True) if isinstance(given, BaseModel) else given
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults += describe(error, path)
        return None
