"""Every fault as `application/problem+json` (RFC 9457), in the caller's language; the one place that does it."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from http import HTTPStatus
from typing import Any

import orjson
from django.apps import apps
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import BaseConstraint
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from core.api.sentences import fault_sentence, status_sentence, status_title
from core.errors import DomainError, FieldError, InvalidInput, TooManyRequests, Unauthenticated
from core.request_ids import REQUEST_ID

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """What goes wrong in an answer: `errors` names the fields at fault, `headers` go with it."""

    status: int
    detail: str
    errors: Sequence[FieldError] = ()
    headers: dict[str, str] = field(default_factory=dict)


def register_problems(api: NinjaAPI) -> None:
    """Make `api` answer every exception with a problem; ninja's own four handlers are replaced."""
    for fault in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(fault, problem_of)


def problem_of(request: HttpRequest, fault: Exception | type[Exception]) -> HttpResponse:
    """The answer to `fault`, whatever it is; what nobody foresaw is logged and told without internals."""
    return render_problem(describe(fault))


def render_problem(problem: Problem) -> HttpResponse:
    """The response for `problem`."""
    body = orjson.dumps(problem_content(problem), default=str)
    return HttpResponse(body, status=problem.status, content_type=MEDIA_TYPE, headers=problem.headers)


def problem_content(problem: Problem) -> dict[str, Any]:
    """What is said of `problem`: type, title, status, detail, and errors where fields are at fault."""
    content: dict[str, Any] = {
        "type": f"urn:onepool:problem:{HTTPStatus(problem.status).name.lower().replace('_', '-')}",
        "title": status_title(problem.status),
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        content["errors"] = [_field_error(error) for error in problem.errors]
    return content


def _field_error(error: FieldError) -> dict[str, Any]:
    return {"path": error.path, "message": str(error.message), **(error.extra or {})}


@singledispatch
def describe(fault: object) -> Problem:
    """The problem that `fault` is; exceptions without a rule of their own are 500 and go to the log."""
    log.error("Unexpected fault in request %s", REQUEST_ID.get(), exc_info=fault)  # type: ignore[arg-type]
    return Problem(500, status_sentence(500))


@describe.register
def _describe_domain(fault: DomainError) -> Problem:
    headers: dict[str, str] = {}
    if isinstance(fault, TooManyRequests):
        headers["Retry-After"] = str(fault.retry_after)
    if isinstance(fault, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return Problem(fault.status, str(fault.detail), fault.errors, headers)


@describe.register
def _describe_validation(fault: ValidationError) -> Problem:
    return _describe_domain(misfit_of(fault.errors))


def misfit_of(faults: Iterable[Mapping[str, Any]]) -> InvalidInput:
    """What pydantic found (its `errors()`), with a sentence for each."""
    return InvalidInput(
        _("Some values don't fit; nothing was changed."), [_validation_error(fault) for fault in faults]
    )


def _validation_error(error: Mapping[str, Any]) -> FieldError:
    message = fault_sentence(error["type"], error.get("ctx", {}))
    return FieldError(path_of(error["loc"]), message, {"code": error["type"]})


def path_of(places: Iterable[str | int]) -> str:
    """`("movements", 3, "sku")` as `movements[3].sku`; the body as a whole is `body`."""
    path = ""
    for place in places:
        path += f"[{place}]" if isinstance(place, int) else f".{place}" if path else place
    return path or "body"


@describe.register
def _describe_model_validation(fault: ModelValidationError) -> Problem:
    named = fault.message_dict if hasattr(fault, "error_dict") else {"": fault.messages}
    errors = [FieldError(name.replace("__all__", ""), " ".join(sentences)) for name, sentences in named.items()]
    return Problem(422, " ".join(fault.messages), [error for error in errors if error.path])


@describe.register
def _describe_http(fault: HttpError) -> Problem:
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(fault, AuthenticationError) else {}
    return Problem(fault.status_code, status_sentence(fault.status_code), (), headers)


@describe.register(Http404)
@describe.register(PermissionDenied)
@describe.register(RequestDataTooBig)
@describe.register(SuspiciousOperation)
@describe.register(UnreadablePostError)
def _describe_refusal(fault: Exception) -> Problem:
    statuses = ((Http404, 404), (PermissionDenied, 403), (RequestDataTooBig, 413))
    status = next((status for kind, status in statuses if isinstance(fault, kind)), 400)
    return Problem(status, status_sentence(status))


@describe.register
def _describe_integrity(fault: IntegrityError) -> Problem:
    """A constraint is the last guard, reached when two requests race: the state doesn't allow it."""
    log.info("A constraint refused request %s: %s", REQUEST_ID.get(), fault)
    return Problem(409, constraint_sentence(fault))


def constraint_sentence(fault: IntegrityError) -> str:
    """What the violated constraint says about itself, or what its kind means."""
    diagnostics = getattr(fault.__cause__, "diag", None)
    own = _own_sentences().get(getattr(diagnostics, "constraint_name", None) or "")
    if own:
        return own
    match getattr(fault.__cause__, "sqlstate", None):
        case "23505":
            return _("There is one like this already.")
        case "23503":
            return _("It refers to something that doesn't exist, or something else still refers to it.")
    return _("The present state of the data doesn't allow this; nothing was changed.")


def _own_sentences() -> dict[str, str]:
    constraints = (constraint for model in apps.get_models() for constraint in model._meta.constraints)  # noqa: SLF001
    default = BaseConstraint.default_violation_error_message
    return {
        constraint.name: str(constraint.violation_error_message)
        for constraint in constraints
        if constraint.violation_error_message != default
    }


@describe.register
def _describe_data(fault: DataError) -> Problem:
    log.info("The database refused a value of request %s: %s", REQUEST_ID.get(), fault)
    return Problem(422, _("A value is too large, too long or holds a character that can't be stored."))


@describe.register
def _describe_operational(fault: OperationalError) -> Problem:
    """A lost connection, a deadlock, a lock waited for too long: nothing was changed and a retry may work."""
    log.error("The database failed request %s", REQUEST_ID.get(), exc_info=fault)
    return Problem(503, status_sentence(503), (), {"Retry-After": "1"})
