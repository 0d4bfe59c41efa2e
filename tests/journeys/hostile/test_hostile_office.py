"""What was written for a page to run, at the pages of a real browser: nothing runs, asks elsewhere or is styled."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from starlette.types import ASGIApp

from app.keyholders.manager import FileKeyManager
from app.main import staff_app
from app.settings import Settings
from tests.conftest import Database
from tests.edge.served import listening, serving
from tests.hostile import XSS
from tests.journeys.browser import pages
from tests.journeys.browser.looking import eyes
from tests.journeys.browser.shelf import Shelf
from tests.web.browser import arrived
from tests.web.hostile_office import begins, reveal_all, settled
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

pytestmark = [
    pytest.mark.skipif("AMANA_BROWSER" not in os.environ, reason="make browser looks at every page"),
    pytest.mark.timeout(1800),
]
# Left behind by a payload that ran: each of them calls this, if it can.
RAN = "window.alert = () => { document.documentElement.dataset.ran = 'yes' }"
EVERYWHERE = """() => document.querySelectorAll("main *").forEach((each) => {
  each.focus && each.focus();
  for (const kind of ["mouseover", "blur", "toggle"]) each.dispatchEvent(new Event(kind));
})"""


@pytest.fixture
def origin(settings: Settings, database: Database, manager: FileKeyManager) -> Iterator[str]:
    """The staff's door on a port of its own, over this test's own office."""
    bound = listening()
    port = bound.getsockname()[1]
    url = database.addresses.urls["app"]
    door: Any = staff_app(replace(settings, port=port, database_url=url, database_connections_max=6))
    with serving(door, bound):
        yield f"http://localhost:{port}"
    while not hasattr(door, "state"):
        door = door.app
    door.state.desk.office.close()


def dismissed(dialog: Dialog, said: list[str]) -> None:
    said.append(f"asks: {dialog.message}")
    dialog.dismiss()


def ran(page: Page) -> bool:
    return page.locator("html").get_attribute("data-ran") is not None


@pytest.mark.abuse("A07")
@pytest.mark.parametrize("login", ["intake", "legal", "protection", "administrator"])
def test_nothing_that_was_written_runs_on_any_page(
    browser: Browser, origin: str, staff_door: ASGIApp, world: World, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    planted = settled(world)
    # In a thread of its own: the browser's loop runs in this one.
    with ThreadPoolExecutor(1) as beside:
        beside.submit(reveal_all, arrived(staff_door, world, login), planted, login).result()
    monkeypatch.setattr(pages, "OF_A_KIND_MAX", 2)
    wrong: list[str] = []
    read = 0

    with eyes(browser, origin) as there:
        there.context.add_cookies([{"name": "amana_session", "value": world.members[login].token, "url": origin}])
        there.context.add_init_script(RAN)

        def look(address: str) -> str | None:
            nonlocal read
            said: list[str] = []
            with there.on(address) as (page, seen):
                page.on("dialog", partial(dismissed, said=said))
                # Whatever waits for a focus or a pointer gets both.
                page.evaluate(EVERYWHERE)
                html = page.content()
                wrong.extend(f"{address}: {each}" for each in (*said, *seen.foreign, *seen.refused, *seen.errors))
                wrong.extend([f"{address}: something ran"] if ran(page) else [])
                read += sum(payload in page.inner_text("body") for payload in planted.canaries.values())
                return html if seen.status == 200 else None

        pages.walk(begins(planted), look)

    assert wrong == []
    assert read >= (3 if login == "administrator" else 15), f"{login} read {read}"


@pytest.mark.abuse("A07")
def test_a_page_that_lets_them_through_is_found_out(browser: Browser, shelf: Shelf) -> None:
    """The control: the same words on a page that does not escape them, under the same policy and without one."""
    shelf.put("/page", "<p>" + "</p><p>".join(XSS) + "</p>")
    with eyes(browser, shelf.origin) as there:
        there.context.add_init_script(RAN)
        with there.on("/page") as (page, seen):
            page.wait_for_timeout(300)
            assert seen.refused or seen.foreign or ran(page)
