"""One browser for all of these tests, and a page with eyes: what it logs or refuses is seen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from chalice.app import Chalice
from playwright import sync_api

from infra.browser import EXECUTABLE, TARGET
from infra.local.pages import Pages
from infra.local.resources import TEMPLATE
from infra.portal import VENDOR
from tests.portal.eyes import Eyes, hurried
from tests.portal.stub import Site, Stub

# As a person who waits would: nothing here takes half of it unless it is broken.
PATIENCE_MS = 10_000
sync_api.expect.set_options(timeout=PATIENCE_MS)
# Root may not have a sandbox; the rest keeps Chromium quiet and without a screen. A process for
# each page that is opened would cost twice as much as the page.
FLAGS = ["--no-sandbox", "--no-zygote", "--disable-gpu", "--in-process-gpu",
         "--font-render-hinting=none", "--disable-background-networking",
         "--renderer-process-limit=1"]  # fmt: skip


# Not for the session: while it is driven, an event loop runs in this thread, and who comes after
# may want one of his own.
@pytest.fixture(scope="package")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """PORTAL_BROWSER names another Chromium than the one that infra/browser.py fetches."""
    _opened_once(tmp_path_factory.getbasetemp())
    executable = Path(os.environ.get("PORTAL_BROWSER") or TARGET / EXECUTABLE)
    if not executable.is_file():
        pytest.skip("no browser: infra/browser.py could not fetch one (or was not run)")
    if not VENDOR.is_dir():
        pytest.skip("the portal is not complete: infra/portal.py was not run")
    libraries = f"{TARGET / 'lib'}:{os.environ.get('LD_LIBRARY_PATH', '')}"
    environment = {**os.environ, "FONTCONFIG_PATH": str(TARGET), "LD_LIBRARY_PATH": libraries}
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=executable, args=FLAGS, env=environment
        )
        yield running
        running.close()


def _opened_once(own: Path) -> None:
    """A second one costs a minute, and nobody sees it: that is how groups of tests get lost."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:  # its folder lies beside the other workers'
        mark = own.parent / "browser"
        if not mark.exists():
            mark.write_text(worker)
        assert mark.read_text() == worker, "two workers open a browser: see tests/together.py"


@pytest.fixture(scope="package")
def site() -> Iterator[Site]:
    """The pages, without a house."""
    with Site(Chalice("none"), port=0, pages=Pages.of_template(TEMPLATE)) as gateway:
        yield gateway


@pytest.fixture(scope="package")
def visitor(browser: Any) -> Iterator[Any]:
    context = hurried(browser.new_context(locale="it-IT", reduced_motion="reduce"))
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture(scope="package")
def tab(visitor: Any) -> Any:
    """One tab for all, since a new one costs as much as what is done in it."""
    return visitor.new_page()


@pytest.fixture
def look(visitor: Any, tab: Any, site: Site) -> Iterator[Callable[..., Eyes]]:
    """`look("?page=cart", stub, width=320)` opens a page; at the end it must have been clean.
    `own`: in a tab of its own."""
    with ExitStack() as opened:

        def open_page(
            where: str = "", stub: Stub | None = None, *, width: int = 1280, own: bool = False
        ) -> Eyes:
            site.stub = stub or Stub()
            page = visitor.new_page() if own else tab
            page.set_viewport_size({"width": width, "height": 800})
            eyes = Eyes(page, site.url)
            opened.callback(page.close if own else eyes.leave)
            opened.callback(eyes.require_clean)
            eyes.open(where)
            return eyes

        yield open_page
