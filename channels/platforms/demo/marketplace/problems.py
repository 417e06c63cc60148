"""Refusals as problem details (RFC 9457)."""

import math

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class Problem(Exception):
    """A refused call: HTTP status, a short code and a sentence. `retry_after` is in seconds."""

    def __init__(self, status: int, code: str, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


async def render_problem(_request: Request, error: Exception) -> Response:
    """The response for a Problem."""
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class alone
    content: dict[str, object] = {
        "type": "about:blank",
        "title": error.code,
        "status": error.status,
        "detail": error.detail,
    }
    headers = {}
    if error.retry_after is not None:
        content["retry_after"] = round(error.retry_after, 3)
        headers["Retry-After"] = str(math.ceil(error.retry_after))
    return JSONResponse(content, error.status, headers=headers, media_type="application/problem+json")
