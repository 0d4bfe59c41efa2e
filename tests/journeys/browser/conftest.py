"""A demonstration that runs, its people signed in through the page, and a browser to look with."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.driving import Amana, free_port
from tests.cli.nursery import Nursery
from tests.journeys.browser import pages
from tests.journeys.browser.looking import Eyes, arguments, chromium, eyes
from tests.journeys.browser.shelf import Shelf, open_shelf

if TYPE_CHECKING:
    from playwright.sync_api import Browser, StorageState

MISSING = "no browser to look with: make browser fetches chromium and playwright, where it may"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's chromium, driven by playwright; without either these tests are skipped and say so.

    For this folder only: while it is driven an event loop runs in this thread, and what comes
    after could not start one of its own.
    """
    program = chromium()
    if program is None or find_spec("playwright") is None or find_spec("axe_playwright_python") is None:
        pytest.skip(MISSING)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=arguments())
        yield started
        started.close()


@dataclass
class Office:
    """The running demonstration, and the cookies of whoever has signed in to it."""

    amana: Amana
    browser: Browser
    cookies: dict[str, StorageState] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)
    walked: dict[str | None, dict[str, str]] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.amana.port}"

    def speaking(self, login: str, language: str) -> StorageState:
        """Somebody's cookies, with their account set to this language. They sign in through the page."""
        if login not in self.cookies or not self._signed_in(login):
            with eyes(self.browser, self.origin) as there:
                self._enter(there, login)
                self.cookies[login] = there.context.storage_state()
        if self.languages.get(login, "en") != language:
            self._prefer(login, language)
            self.languages[login] = language
        return self.cookies[login]

    def _signed_in(self, login: str) -> bool:
        """Others are looked at meanwhile, and who does nothing for a quarter of an hour is signed out."""
        with eyes(self.browser, self.origin, cookies=self.cookies[login]) as there:
            return bool(there.context.request.get(f"{self.origin}/today", max_redirects=0).status == 200)

    def _prefer(self, login: str, language: str) -> None:
        token = next(each["value"] for each in self.cookies[login]["cookies"] if each["name"] == "amana_session")
        self.amana.post("/api/me/preferences", {"language": language}, token=token).raise_for_status()

    def _enter(self, there: Eyes, login: str) -> None:
        member = self.amana.cast()["members"][login]
        with there.on("/sign-in") as (page, _):
            for _ in range(2):
                page.locator("[name=login_name]").fill(login)
                page.locator("[name=passphrase]").fill(member["passphrase"])
                page.locator("[name=code]").fill(self.amana.run("demo", "code", login).out.strip())
                page.locator("[name=code]").press("Enter")
                page.wait_for_load_state("networkidle")
                if not page.url.endswith("/sign-in"):
                    return
                # A code opens once: wait for the next half minute.
                time.sleep(30 - time.time() % 30 + 0.2)
        raise AssertionError(f"{login} cannot sign in")

    def pages(self, login: str | None) -> dict[str, str]:
        """What somebody comes to along the links: one address of each kind. The walk is made once."""
        if login not in self.walked:
            begin = pages.ANYBODY if login is None else pages.EVERYBODY
            besides = {address: address for address in pages.BESIDES.get(login or "", ())}
            cookies = None if login is None else self.speaking(login, "en")
            with eyes(self.browser, self.origin, cookies=cookies) as there:
                walked = pages.walk(begin, partial(self._read, there))
            # The pages of strangers are looked at as a stranger.
            own = {kind: real for kind, real in walked.items() if login is None or kind not in pages.ANYBODY}
            self.walked[login] = own | besides
        return self.walked[login]

    def _read(self, there: Eyes, address: str) -> str | None:
        answer = there.context.request.get(self.origin + address)
        return answer.text() if answer.status == 200 and "html" in answer.headers["content-type"] else None


@pytest.fixture(scope="package")
def office(browser: Browser) -> Iterator[Office]:
    """One demonstration for all that is looked at."""
    folder, nursery = Path(tempfile.mkdtemp(prefix="amana-look-")), Nursery()
    amana = Amana(folder / "home", free_port(), free_port(), nursery)
    try:
        with amana.running("run", until="Ctrl-C") as running:
            assert running.process.poll() is None, running.said()
            yield Office(amana, browser)
    finally:
        nursery.close()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """Pages of a test's own."""
    with open_shelf() as made:
        yield made
