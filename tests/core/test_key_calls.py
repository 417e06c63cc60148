"""Calls with a key go past the middleware for pages; everything else goes through it."""

import pytest
from django.conf import settings
from django.test import Client
from django.utils.module_loading import import_string

from core.key_calls import is_key_call
from tests.core.conftest import token_of

pytestmark = [pytest.mark.urls("tests.core.api_sample"), pytest.mark.django_db]
URL = "/api/v1/hello"


@pytest.fixture
def headers(make_key):
    return {"Authorization": f"Bearer {token_of(make_key())}"}


def seen(request_factory, path, **headers):
    """What the whole chain of middleware has put on a request."""
    found = {}

    def view(request):
        found.update(vars(request))
        from django.http import HttpResponse

        return HttpResponse()

    chain = view
    for name in reversed(settings.MIDDLEWARE):
        chain = import_string(name)(chain)
    found["response"] = chain(request_factory.get(path, headers=headers))
    return found


@pytest.mark.parametrize(
    ("path", "headers", "passes"),
    [
        (URL, {"Authorization": "Bearer x"}, True),
        (URL, {}, False),
        ("/api/v1/docs", {}, False),
        ("/admin/", {"Authorization": "Bearer x"}, False),
        ("/apiary", {"Authorization": "Bearer x"}, False),
    ],
)
def test_only_calls_of_the_api_with_a_key_pass(rf, path, headers, passes):
    assert is_key_call(rf.get(path, headers=headers)) == passes
    found = seen(rf, path, **headers)

    assert {"session", "user", "_messages"} & set(found) == (set() if passes else {"session", "user", "_messages"})


def test_a_call_keeps_the_headers_of_every_answer(headers):
    answer = Client().get(URL, headers=headers)

    assert answer["Content-Length"] == str(len(answer.content))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Request-ID"]
    assert (answer["Content-Language"], answer["Vary"]) == ("en", "Accept-Language")
    assert not answer.cookies


def test_a_call_speaks_the_language_it_asks_for_and_leaves_none_behind(headers):
    client = Client()
    chinese = client.get(URL, headers={**headers, "Accept-Language": "zh-hans"})

    assert chinese["Content-Language"] == "zh-hans"
    assert client.get(URL, headers=headers)["Content-Language"] == "en"


def test_a_call_by_a_foreign_host_is_refused(headers):
    answer = Client(raise_request_exception=False).get(URL, headers=headers, HTTP_HOST="evil.example")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_a_call_that_ends_in_a_slash_too_few_or_many_is_404(headers):
    assert {Client().get(path, headers=headers).status_code for path in ("/api/v1/hello/", "/api/v1/hell")} == {404}
