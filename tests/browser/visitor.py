"""A person at a browser whose every request, console line and page error is noted."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.utils import translation
from django.utils.translation import gettext

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "guide" / "images"
LOCALES = {"en": "en-US", "zh-hans": "zh-CN"}
SIZE = {"width": 1400, "height": 900}
NAVIGATED = "net::ERR_ABORTED"  # a stream that its page leaves behind, or a link that became a download


class Visitor:
    """One browser window with its tabs, in one language."""

    def __init__(self, browser, product, language):
        self.product, self.language = product, language
        self.faults = []
        self.context = browser.new_context(locale=LOCALES[language], viewport=SIZE, timezone_id="Asia/Shanghai")
        self.context.set_default_timeout(15_000)
        self.context.on("console", self._note_console)
        self.context.on("weberror", lambda error: self.faults.append(f"page error: {error.error}"))
        self.context.on("request", self._note_request)
        self.context.on("requestfailed", self._note_failure)
        self.context.on("response", self._note_response)
        self.page = self.context.new_page()

    def say(self, words):
        """A sentence of the product in the visitor's language."""
        with translation.override(self.language):
            return gettext(words)

    def open(self, path):
        self.page.goto(self.product.url + path)

    def ask(self, path):
        """The status of an address that no page links to, asked with the visitor's login."""
        return self.context.request.get(self.product.url + path).status

    def log_in(self, name, password):
        self.open("/admin/login/")
        self.page.fill("[name=username]", name)
        self.page.fill("[name=password]", password)
        self.page.click("form button[type=submit]")
        self.page.wait_for_url(f"{self.product.url}/admin/")

    def open_shop(self, code, words):
        """The shop's page on the marketplace in a tab of its own, once its numbers are live."""
        tab = self.context.new_page()
        tab.goto(f"{self.product.marketplace.url}/shops/{code}?q={words}")
        tab.wait_for_selector("#live[data-state=connected]")
        # A page that loads again has no such mark.
        tab.evaluate("window.neverReloaded = true")
        return tab

    def photograph(self, name, page=None):
        """A picture for the guide, when the environment asks for pictures."""
        if os.environ.get("SCREENSHOTS") == "1":
            IMAGES.mkdir(parents=True, exist_ok=True)
            short = self.language.partition("-")[0]
            page = page or self.page
            page.bring_to_front()
            page.screenshot(path=IMAGES / f"{name}-{short}.png", animations="disabled")

    def check(self):
        if self.faults:
            pytest.fail("\n".join(self.faults))

    def _note_console(self, message):
        if message.type in ("error", "warning"):
            self.faults.append(f"console {message.type}: {message.text} ({message.location})")

    def _note_request(self, request):
        url = urlsplit(request.url)
        own = {urlsplit(self.product.url).netloc, urlsplit(self.product.marketplace.url).netloc}
        if url.scheme not in ("data", "blob") and url.netloc not in own:
            self.faults.append(f"request to another host: {request.url}")

    def _note_failure(self, request):
        if request.failure != NAVIGATED:
            self.faults.append(f"request failed: {request.url} {request.failure}")

    def _note_response(self, response):
        if response.status >= 400:
            self.faults.append(f"answer {response.status}: {response.url}")
