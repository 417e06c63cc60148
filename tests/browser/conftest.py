import os

import pytest

from tests.browser.product import Product
from tests.browser.visitor import Visitor
from tools.chromium import MISSING, find_chromium

FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Also what Chromium does without a page asking must stay on this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@pytest.fixture(scope="module")
def program():
    """Chromium; in CI there must be one."""
    found = find_chromium()
    if found is None and not os.environ.get("CI"):
        pytest.skip(MISSING)
    assert found, "There is no Chromium on this machine, and in CI the browser tests must run."
    return found


@pytest.fixture(scope="module")
def product(program, tmp_path_factory):
    running = Product(tmp_path_factory.mktemp("product"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def chromium(program, product):
    """The browser. Not pytest-playwright's, whose event loop would stay and forbid Django's queries to later tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS], chromium_sandbox=False)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, product):
    """Open a window in a language; at the end no window may have noted a fault."""
    opened = []

    def open_window(language):
        opened.append(Visitor(chromium, product, language))
        return opened[-1]

    yield open_window
    for visitor in opened:
        visitor.context.close()
    for visitor in opened:
        visitor.check()
