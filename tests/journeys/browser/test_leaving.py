"""After somebody has signed out, nothing they opened comes back: by Back, from the disk, or with the session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.journeys.browser.looking import arguments, chromium
from tests.journeys.browser.shelf import Shelf

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.journeys.browser.conftest import Office

pytestmark = [
    pytest.mark.skipif("AMANA_BROWSER" not in os.environ, reason="make browser leaves the house through every door"),
    pytest.mark.timeout(600),
]
BACK_MAX = 5
SETTLE_MS = 500


@contextmanager
def profile(browser: Browser, folder: Path, *more: str) -> Iterator[BrowserContext]:
    """A browser that keeps what browsers keep: history, cache and tabs, in a folder one can search."""
    context = browser.browser_type.launch_persistent_context(
        folder, executable_path=chromium(), args=[*arguments(), *more]
    )
    context.set_default_timeout(15_000)
    try:
        yield context
    finally:
        context.close()


def on_screen(page: Page) -> str:
    return f"{page.content()}\n{page.locator('body').inner_text()}"


def kept_in(folder: Path, words: str) -> list[str]:
    """Files of a profile that hold some words, as either of the two ways in which a browser writes them."""
    spelt = (words.encode(), words.encode("utf-16-le"))
    files = (file for file in folder.rglob("*") if file.is_file())
    return [file.name for file in files if any(each in file.read_bytes() for each in spelt)]


def back_and_forth(page: Page) -> str:
    """All that Back, Forward and Reload show, as one text."""
    from playwright.sync_api import Error

    shown = []
    for _ in range(BACK_MAX):
        # What came as the answer to a form is not asked for again: the browser says so instead of showing it.
        for step in (page.go_back, page.reload):
            with suppress(Error):
                step(wait_until="load")
            # The browser's own page of an error comes in two steps.
            page.wait_for_timeout(SETTLE_MS)
            shown.append(on_screen(page))
    for _ in range(BACK_MAX):
        with suppress(Error):
            page.go_forward(wait_until="load")
        page.wait_for_timeout(SETTLE_MS)
        shown.append(on_screen(page))
    return "\n".join(shown)


@pytest.mark.abuse("K08")
def test_nothing_that_was_opened_comes_back_after_signing_out(office: Office, tmp_path: Path) -> None:
    with profile(office.browser, tmp_path) as mine:
        mine.add_cookies(office.speaking("protection", "en")["cookies"])
        page = mine.new_page()
        page.goto(f"{office.origin}/today")
        page.locator("main a", has_text="Check in").first.click()
        page.wait_for_url("**/check-ins/*")
        address = page.url
        page.get_by_role("button", name="Show the agreed word").click()
        read = page.locator(".am-opened .am-value").inner_text().strip()
        assert len(read) > 10, "the control: it is on the screen"
        page.goto(f"{office.origin}/cases")
        page.locator("form[action='/sign-out'] button").click()
        page.wait_for_load_state("load")

        assert read not in back_and_forth(page)
        another = mine.new_page()
        another.goto(address)
        assert another.url.endswith("/sign-in")
    assert kept_in(tmp_path, read) == []
    with profile(office.browser, tmp_path, "--restore-last-session") as again:
        again.new_page().goto(office.origin + "/sign-in")
        assert not [each.url for each in again.pages if read in on_screen(each)]


def test_the_control_a_page_that_may_be_kept_is_found_by_each_of_these(
    browser: Browser, shelf: Shelf, tmp_path: Path
) -> None:
    """The same hunt on a page that nobody forbade to keep: it comes back, and it lies in the folder."""
    read = "The lorry stood behind the mill until the snow came."
    shelf.put("/page", f"<p>{read}</p>")
    shelf.put("/left", "<p>Gone.</p>")
    with profile(browser, tmp_path) as mine:
        page = mine.new_page()
        page.goto(f"{shelf.origin}/page", wait_until="networkidle")
        page.goto(f"{shelf.origin}/left", wait_until="networkidle")
        assert read in back_and_forth(page)
    assert kept_in(tmp_path, read) != []
