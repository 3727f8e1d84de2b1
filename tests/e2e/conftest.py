"""A real server, a real browser, and nobody between them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests.support.database import copy_of_template, prepare

prepare()  # before anything imports models

from tests.e2e.world import PASSWORD, Harbour, make_harbour  # noqa: E402

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)  # a page that waits for a job asks again by itself
DESK, PHONE = (1440, 900), (390, 844)


@dataclass(frozen=True)
class Site:
    """Where the server answers, and what is in its database."""

    url: str
    harbour: Harbour


@dataclass
class Visitor:
    """One browser window. What the console complains about is kept in `complaints`."""

    site: Site
    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to a page that is there, and say so if it slides sideways."""
        response = self.page.goto(self.site.url + path)
        assert response is not None and response.status == 200, (path, response)
        self.fits()
        return self.page

    def fits(self) -> None:
        """No page is wider than its window."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px wider than the window"

    def sign_in(self, email: str, password: str = PASSWORD) -> Page:
        """By the form, as people do."""
        page = self.open("/accounts/login/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        if password == PASSWORD:
            page.wait_for_url(lambda url: "/accounts/login/" not in url)
        return page

    def download(self, click: Callable[[], None]) -> bytes:
        """The file that a click fetches."""
        with self.page.expect_download() as waiting:
            click()
        return Path(waiting.value.path()).read_bytes()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The server that users run, on a database of the module's own."""
    with copy_of_template() as name:
        harbour = make_harbour(datetime.now(UTC))
        home = tmp_path_factory.mktemp("server")
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        environment = os.environ | {
            "DATABASE_URL": prepare().url(name), "TOLLWRIGHT_HOME": str(home),
        }  # fmt: skip
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", "from tollwright.cli import main; main()", "serve",
                 "--port", str(port)],
                env=environment, stdout=log, stderr=log,
            )  # fmt: skip
            try:
                _wait_for(url, process, home / "log")
                yield Site(url, harbour)
            finally:
                process.terminate()
                process.wait(60)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium, else Playwright's own."""
    # playwright's loop runs in this thread, and Django would not speak to its database then
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield opened
        opened.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Visitor]]:
    """Opens windows; when the test ends, no console may have complained."""
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def opened(size: tuple[int, int] = DESK, *, dark: bool = False, script: bool = True) -> Visitor:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            accept_downloads=True,
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        visitor = Visitor(site, context.new_page())
        _listen(visitor)
        visitors.append(visitor)
        return visitor

    yield opened
    for context in contexts:
        context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


def _listen(visitor: Visitor) -> None:
    def told(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            visitor.complaints.append(f"{visitor.page.url}: {message.text}")

    def asked(url: str) -> None:
        if not url.startswith((visitor.site.url, "data:", "blob:")):
            visitor.complaints.append(f"{visitor.page.url} asks {url}")

    visitor.page.on("console", told)
    visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    visitor.page.on("request", lambda request: asked(request.url))


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/accounts/login/", timeout=30):  # noqa: S310
                return
        except OSError:
            Event().wait(0.1)  # until it listens
    raise AssertionError(f"the server did not come up:\n{log.read_text()}")
