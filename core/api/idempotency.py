"""`Idempotency-Key`: a repeated request gets the first answer again instead of a second effect.

The key is inserted first, in the transaction of the work itself: of requests that come at the same time
one works and the others wait for its commit, then replay. Only answers below 300 are kept. A refusal
changes nothing, so the same request may be sent again once its cause is gone.
"""

from collections.abc import Callable
from contextlib import ExitStack
from contextvars import ContextVar
from datetime import timedelta
from functools import wraps
from hashlib import sha256
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.decorators import decorate_view
from ninja.operation import Operation
from ninja.utils import contribute_operation_callback

from core.api.auth import caller_of
from core.api.problems import problem_of
from core.errors import Conflict, FieldError, InvalidInput
from core.models import IdempotencyKey

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
MAX_LENGTH = 200
KEPT = timedelta(days=30)

View = Callable[..., Any]


def purge_keys() -> int:
    """Forget the answers older than `KEPT`; answers how many."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def read_key(request: HttpRequest) -> str:
    """The request's Idempotency-Key; `InvalidInput` without one that will do."""
    key = request.headers.get(HEADER)
    if key is None:
        sentence = _("Send an Idempotency-Key header, so that a repeated request has no second effect.")
        raise InvalidInput(sentence, [FieldError(HEADER, sentence)])
    if not 1 <= len(key) <= MAX_LENGTH or not key.isprintable():
        sentence = _("An Idempotency-Key has 1 to 200 printable characters.")
        raise InvalidInput(sentence, [FieldError(HEADER, sentence)])
    return key


def _document_key(view: View, *, required: bool) -> None:
    """Name the header in the OpenAPI document of the operation that `view` becomes."""
    parameter = {
        "in": "header",
        "name": HEADER,
        "required": required,
        "schema": {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH},
        "description": "The same key and body within 30 days answer the first answer again, with "
        f"`{REPLAYED}: true`; another body answers 409.",
    }

    def add(operation: Operation) -> None:
        extra = operation.openapi_extra = dict(operation.openapi_extra or {})
        extra["parameters"] = [*extra.get("parameters", []), parameter]

    contribute_operation_callback(view, add)


def keyed(view: View) -> View:
    """Decorate an operation's function whose verb keeps the keys itself: the document names the header as required.

    The function reads the key with `read_key` and marks a repeated answer with `REPLAYED`.
    """
    _document_key(view, required=True)
    return view


class _Attempt:
    """One request under way: the transaction that spans its work and its answer, and the row of its key."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.opened = False
        self.row: int | None = None

    def open(self) -> None:
        """Begin only once the caller is known and the request is valid."""
        self.stack.enter_context(transaction.atomic())
        self.opened = True

    def finish(self, response: HttpResponse) -> None:
        """Keep a success with its work; undo whatever a refusal has done."""
        if self.opened and response.status_code >= 300:
            transaction.set_rollback(True)
        elif self.row is not None:
            IdempotencyKey.objects.filter(pk=self.row).update(status=response.status_code, body=response.content)


_ATTEMPT: ContextVar[_Attempt] = ContextVar("attempt")


def idempotent(*, required: bool = False) -> Callable[[View], View]:
    """Decorate an operation's function (below `@router.post`): its work and its stored answer commit together.

    The operation needs an API key. The function must render no streamed answer. With a key in the request, whatever
    answers 300 or more is rolled back as a whole.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def claiming(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            key = read_key(request) if required or HEADER in request.headers else None
            if key is None:
                return view(request, *args, **kwargs)
            replay = _claim(request, key)
            return view(request, *args, **kwargs) if replay is None else replay

        _document_key(claiming, required=required)
        return decorate_view(_spanning)(claiming)

    return decorate


def _spanning(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wrap ninja's whole run: the answer exists only after the function has returned and been rendered."""

    @wraps(run)
    def spanned(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        attempt = _Attempt()
        token = _ATTEMPT.set(attempt)
        try:
            with attempt.stack:
                response = run(request, **kwargs)
                attempt.finish(response)
        except DatabaseError as fault:  # of the COMMIT, which lies outside of ninja's own handling
            return problem_of(request, fault)
        finally:
            _ATTEMPT.reset(token)
        return response

    return spanned


def _claim(request: HttpRequest, key: str) -> HttpResponse | None:
    """Insert the key, or wait for whoever did; answers what it answered."""
    attempt = _ATTEMPT.get()
    attempt.open()
    caller = caller_of(request)
    route = f"{request.method} {request.resolver_match.route if request.resolver_match else request.path}"[:200]
    fingerprint = _fingerprint(request)
    attempt.row = _insert(caller.pk, route, key, fingerprint)
    if attempt.row is not None:
        return None
    first = IdempotencyKey.objects.get(api_key=caller, route=route, key=key)
    if first.request_hash != fingerprint:
        raise Conflict(_("This Idempotency-Key was already used for another request."))
    response = HttpResponse(bytes(first.body), status=first.status, content_type="application/json; charset=utf-8")
    response[REPLAYED] = "true"
    return response


def _insert(api_key: int, route: str, key: str, fingerprint: str) -> int | None:
    """The new row's id, or None when the key is taken; waits while another transaction is inserting it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_idempotencykey (api_key_id, route, key, request_hash, status, body, created_at)"
            " VALUES (%s, %s, %s, %s, 0, '', %s) ON CONFLICT (api_key_id, route, key) DO NOTHING RETURNING id",
            [api_key, route, key, fingerprint, timezone.now()],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _fingerprint(request: HttpRequest) -> str:
    """Of the exact address and bytes: what is written differently is another request."""
    address = f"{request.method} {request.get_full_path()}\n".encode()
    return sha256(address + request.body).hexdigest()
