"""What the editor sends: conditions, the form of the action, and everything that is wrong with them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from core.errors import DomainError, FieldError
from core.faults import describe
from strategies.checks import check_conditions
from strategies.registry import Kind, facts_of
from strategies.rules.shapes import Conditions

OWN = ("name", "note")  # boxes of the editor itself


@dataclass(slots=True)
class Draft:
    """What was entered; with nothing wrong, `conditions` and `action` are what it says.

    `faults` belong to rows, `fields` to boxes of the action's form by name, `problems` to nothing in particular.
    """

    conditions: Conditions | None = None
    action: BaseModel | None = None
    faults: list[FieldError] = field(default_factory=list)
    fields: dict[str, list[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def content(self) -> tuple[Conditions, BaseModel] | None:
        """Conditions and action, when nothing is wrong with either."""
        if self.conditions is None or self.action is None or self.problems:
            return None
        return self.conditions, self.action

    def refuse(self, error: DomainError) -> None:
        """Put each fault where it belongs."""
        for fault in error.errors:
            self.add(fault.path, fault.message)
        if not error.errors:
            self.problems.append(error.detail)

    def add(self, path: str, sentence: str) -> None:
        """A fault of a row, of a box or of the whole."""
        if path.startswith("conditions"):
            self.faults.append(FieldError(path, sentence))
        elif path in OWN:
            self.fields.setdefault(path, []).append(sentence)
        else:
            self.problems.append(sentence)

    def answer(self) -> dict[str, Any]:
        """It as the editor shows it: `faults` with `path` and `sentence`, `fields`, `problems`."""
        faults = [{"path": fault.path, "sentence": fault.message} for fault in self.faults]
        return {"faults": faults, "fields": self.fields, "problems": self.problems}


def read_draft(kind: Kind, data: QueryDict) -> Draft:
    """What was entered, checked."""
    draft = Draft()
    _read_conditions(kind, draft, data.get("conditions", ""))
    _read_action(kind, draft, data)
    return draft


def load_form(kind: Kind, *args: Any, **kwargs: Any) -> Any:
    """The form of the kind's action."""
    return import_string(kind.form)(*args, **kwargs)


def _read_conditions(kind: Kind, draft: Draft, text: str) -> None:
    try:
        conditions = Conditions.model_validate(json.loads(text))
    except ValidationError as error:
        draft.faults += describe(error, "conditions")
        return
    except (ValueError, RecursionError):
        draft.problems.append(_("The conditions can't be read. Load the page again."))
        return
    faults = check_conditions(conditions, {fact.key: fact for fact in facts_of(kind)})
    draft.faults += [FieldError(f"conditions.{path}", sentence) for path, sentence in faults]
    if not faults:
        draft.conditions = conditions


def _read_action(kind: Kind, draft: Draft, data: QueryDict) -> None:
    form = load_form(kind, data)
    if not form.is_valid():
        for name, errors in form.errors.items():
            _add_to_field(draft, form, name, errors)
        return
    try:
        action = kind.action.model_validate(form.to_action())
    except ValidationError as error:
        _add_all(draft, form, ((fault.path, fault.message) for fault in describe(error)))
        return
    faults = kind.check(action)
    _add_all(draft, form, faults)
    if not faults:
        draft.action = action


def _add_all(draft: Draft, form: Any, faults: Iterable[tuple[str, str]]) -> None:
    for path, sentence in faults:
        _add_to_field(draft, form, path, [sentence])


def _add_to_field(draft: Draft, form: Any, name: str, sentences: Iterable[str]) -> None:
    if name in form.fields:
        draft.fields.setdefault(form.add_prefix(name), []).extend(map(str, sentences))
    else:
        draft.problems += map(str, sentences)
