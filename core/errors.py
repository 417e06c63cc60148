"""What can go wrong, in words a merchandiser understands; the API turns these into problem details."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault: where it is (`movements[3].sku`) and a sentence; `extra` holds machine-readable facts."""

    path: str
    message: str
    extra: dict[str, Any] | None = None


class DomainError(Exception):
    """The request can't be done as asked; nothing has changed."""

    status = 422
    title = "Invalid request"

    def __init__(self, detail: str, errors: Iterable[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors: Sequence[FieldError] = tuple(errors)


class InvalidInput(DomainError):
    """Some values don't fit; `errors` names each."""


class NotFound(DomainError):
    """There is no such object, or it belongs to somebody else."""

    status = 404
    title = "Not found"


class Conflict(DomainError):
    """The state of things doesn't allow it, for example too little stock."""

    status = 409
    title = "Conflict"


class Forbidden(DomainError):
    """The caller may not do this."""

    status = 403
    title = "Forbidden"


class Unauthenticated(DomainError):
    """There is no valid key."""

    status = 401
    title = "Unauthorized"


class TooManyRequests(DomainError):
    """The caller must wait `retry_after` seconds."""

    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
