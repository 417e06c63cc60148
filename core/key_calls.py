"""Django's middleware for pages, which lets calls of the API with a key pass: they have no cookies to look at."""

from collections.abc import Awaitable

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import activate, get_language, get_language_from_request

from core.middleware import API_PREFIX


def is_key_call(request: HttpRequest) -> bool:
    """Whether a program calls the API; the documentation page beneath the same address is a page like others."""
    return "HTTP_AUTHORIZATION" in request.META and request.path.startswith(API_PREFIX)


class _PagesOnly(MiddlewareMixin):
    """Mixed into a middleware: calls with a key go past it."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        return self.get_response(request) if is_key_call(request) else super().__call__(request)


class Sessions(_PagesOnly, SessionMiddleware):
    """Sessions."""


class Users(_PagesOnly, AuthenticationMiddleware):
    """Who is signed in."""


class Messages(_PagesOnly, MessageMiddleware):
    """What the next page will say."""


class Languages(LocaleMiddleware):
    """The language of the answer; Django's own also looks for it in every address, which no call of the API has."""

    def process_request(self, request: HttpRequest) -> None:
        """Speak the caller's language."""
        if is_key_call(request):
            activate(get_language_from_request(request))
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Say which language it is."""
        if not is_key_call(request):
            return super().process_response(request, response)
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", get_language() or "")
        return response


class Addresses(CommonMiddleware):
    """Hosts and slashes; of a call with a key only the host, as finding the view once is enough."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        """Never for a call with a key."""
        return not is_key_call(request) and super().should_redirect_with_slash(request)
