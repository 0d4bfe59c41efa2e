"""A demonstration that runs, its people signed in through the page, and a browser to look with."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's chromium, driven by playwright; without either these tests are skipped and say so."""
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
    cookies: dict[tuple[str, str], StorageState] = field(default_factory=dict)
    names: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.amana.port}"

    def signed_in(self, login: str, language: str) -> StorageState:
        """Sign in through the page, once for each person and language."""
        if (login, language) not in self.cookies:
            with eyes(self.browser, self.origin, locale=language) as there:
                self._enter(there, login, language)
                self.cookies[login, language] = there.context.storage_state()
        return self.cookies[login, language]

    def _enter(self, there: Eyes, login: str, language: str) -> None:
        member = self.amana.cast()["members"][login]
        with there.on("/sign-in") as (page, _):
            for _ in range(2):
                page.locator("[name=login_name]").fill(login)
                page.locator("[name=passphrase]").fill(member["passphrase"])
                page.locator("[name=code]").fill(self.amana.run("demo", "code", login).out.strip())
                page.locator("[name=code]").press("Enter")
                page.wait_for_load_state("networkidle")
                if not page.url.endswith("/sign-in"):
                    break
                # A code opens once: wait for the next half minute.
                time.sleep(30 - time.time() % 30 + 0.2)
            assert not page.url.endswith("/sign-in"), f"{login} cannot sign in"
            pages.speak(page, language)

    def filled(self, there: Eyes, login: str, address: str) -> str:
        """An address with a real name in it where it has a blank; the first that this person is shown."""
        for name in re.findall(r"{(\w+)}", address):
            if (login, name) not in self.names:
                where, shape = pages.NAMED[name]
                found = shape.search(there.context.request.get(self.origin + where).text())
                assert found is not None, f"{login} is shown no {name} on {where}"
                self.names[login, name] = found[1]
        return address.format(**{name: value for (who, name), value in self.names.items() if who == login})


@pytest.fixture(scope="session")
def office(browser: Browser) -> Iterator[Office]:
    """One demonstration for all that is looked at."""
    folder, nursery = Path(tempfile.mkdtemp(prefix="amana-look-")), Nursery()
    amana = Amana(folder / "home", free_port(), free_port(), nursery)
    with amana.running("run", until="Ctrl-C") as running:
        assert running.process.poll() is None, running.said()
        yield Office(amana, browser)
    nursery.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """Pages of a test's own."""
    with open_shelf() as made:
        yield made
