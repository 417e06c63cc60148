"""Gives every request an id that the answer and the log carry, and every fault under /api/ one shape."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.api.problems import MEDIA_TYPE, Problem, render_problem
from core.api.sentences import status_sentence
from core.request_ids import REQUEST_ID

API_PREFIX = "/api/"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Keep the caller's X-Request-ID when it is harmless, make one otherwise."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        identity = given if _ACCEPTED.fullmatch(given) else uuid.uuid4().hex
        token = REQUEST_ID.set(identity)
        try:
            response = get_response(request)
        finally:
            REQUEST_ID.reset(token)
        response["X-Request-ID"] = identity
        return response

    return middleware


def problem_answers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Under /api/ also what Django itself refuses (no such address, wrong method, bad host) is a problem."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code < 400 or not request.path.startswith(API_PREFIX) or _is_problem(response):
            return response
        problem = render_problem(Problem(response.status_code, status_sentence(response.status_code)))
        if response.has_header("Allow"):
            problem["Allow"] = response["Allow"]
        return problem

    return middleware


def _is_problem(response: HttpResponse) -> bool:
    return response.headers.get("Content-Type", "").startswith(MEDIA_TYPE)
