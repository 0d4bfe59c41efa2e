"""The first ten minutes by hand: a newcomer walks the eight scenes with a mouse, in each language."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import new_folder
from tests.journeys.browser import pages
from tests.journeys.browser.conftest import Office
from tests.journeys.browser.looking import DESK, PHONE, Seen, eyes, faults, judge, measure
from tests.journeys.browser.test_intake import GOES_ON, came_through
from tests.trials.conftest import trial

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.skipif("AMANA_BROWSER" not in os.environ, reason="make browser walks the scenes"),
    pytest.mark.timeout(900),
]
PICTURES = os.environ.get("AMANA_PICTURES")
WORDS = ("كان المفتاح تحت شجرة الزيتون.", "The key was under the olive tree.")
MINUTES_MAX = 10


@dataclass
class Newcomer:
    """Somebody who has never seen it, at a browser of their own."""

    page: Page
    seen: Seen
    language: str

    def press(self, button: str) -> None:
        """A button of the scene, by its address."""
        with self.page.expect_navigation():
            self.page.locator(f'form[action="/demo/{button}"] button').click()

    def follow(self, address: str) -> None:
        with self.page.expect_navigation():
            self.page.locator(f'a[href="{address}"]').first.click()

    def to_scene(self, number: int) -> None:
        """Back by the line at the top of every page of the office."""
        self.follow("/demo")
        self.follow(f"/demo/{number}")

    def told(self) -> list[str]:
        """What just happened, by its lines."""
        lines: list[str] = self.page.locator("section[aria-labelledby=happened] p").all_inner_texts()
        return lines

    def look(self, name: str) -> None:
        """Whatever is wrong with the page as it stands is held against it; a picture where pictures are made."""
        measure(self.page, self.seen)
        judge(self.page, self.seen)
        assert faults(self.seen) == [], name
        assert self.page.locator("html").get_attribute("lang") == self.language, name
        assert self.page.locator("html").get_attribute("dir") == pages.LANGUAGES[self.language], name
        for width in (DESK, PHONE) if PICTURES else ():
            self.page.set_viewport_size({"width": width, "height": 900})
            path = Path(str(PICTURES)) / "tour" / f"{name}-{self.language}-{width}.png"
            self.page.screenshot(path=path, full_page=True)
        self.page.set_viewport_size({"width": DESK, "height": 900})


@pytest.fixture
def untouched(browser: Browser) -> Iterator[Office]:
    """What make run makes on a fresh machine: a demonstration in which nobody has walked yet."""
    amana = new_folder()
    with amana.running("run", until="Ctrl-C") as running:
        assert running.process.poll() is None, running.said()
        yield Office(amana, browser)
    shutil.rmtree(amana.home.parent, ignore_errors=True)


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_a_newcomer_walks_the_eight_scenes_in_ten_minutes(untouched: Office, language: str) -> None:
    begun = time.monotonic()
    with eyes(untouched.browser, untouched.origin) as there, there.on("/demo") as (page, seen):
        page.locator(f'a[href*="language={language}"]').first.click()
        me = Newcomer(page, seen, language)
        me.look("scenes")
        me.follow("/demo/1")
        _somebody_tells(me)
        _other_eyes(me)
        _administrator(me)
        _thief_and_forger(me, untouched)
        _no_log(me)
        _witness(me)
        me.follow("/demo/8")
        me.look("8")
        assert page.locator("main li").count() >= 5
    assert time.monotonic() - begun < MINUTES_MAX * 60


def _somebody_tells(me: Newcomer) -> None:
    me.press("1/limits")
    me.look("1-limits")
    me.to_scene(1)
    me.press("1/take")
    me.page.locator("select[name=language]").select_option("ar")
    me.page.locator("textarea[name=text]").fill("\n\n".join(WORDS))
    me.look("1-account")
    for _ in ("divide", "keep"):
        with me.page.expect_navigation():
            me.page.locator(f"main {GOES_ON}").click()
        came_through(me.page)
    assert not any(word in me.page.url + me.page.title() for word in WORDS)
    me.to_scene(1)
    me.press("1/told")
    assert len(me.told()) == 3, me.told()
    me.look("1")


def _other_eyes(me: Newcomer) -> None:
    me.follow("/demo/2")
    me.look("2")
    case = ""
    for who in ("legal", "protection", "auditor"):
        me.press(f"2/{who}")
        me.look(f"2-{who}")
        if who == "legal":
            case = me.page.url.rsplit("/", 1)[1]
            _read_as_legal(me, case)
        assert case in me.page.url
        me.to_scene(2)
    me.press("2/told")
    assert len(me.told()) == 3, me.told()


def _read_as_legal(me: Newcomer, case: str) -> None:
    """One reason, and the words that were typed in the first scene stand there; no name does."""
    me.follow(f"/cases/{case}/testimony")
    assert WORDS[0] not in me.page.content()
    me.page.goto(me.page.url.replace("/testimony", "/open?tab=testimony"))
    me.page.locator("input[value=LEGAL_ASSESSMENT]").check()
    # The assessment that is being written stands last.
    serves = me.page.locator("select[name=cites]")
    serves.select_option(index=serves.locator("option").count() - 1)
    with me.page.expect_navigation():
        me.page.locator("main form button").last.click()
    shown = me.page.locator("main").inner_text()
    assert all(word in shown for word in WORDS), shown
    me.look("2-read")


def _administrator(me: Newcomer) -> None:
    me.follow("/demo/3")
    me.press("3/compare")
    assert len(me.told()) == 3
    me.look("3-compare")
    me.press("3/key")
    assert len(me.told()) == 3
    me.look("3-key")


def _thief_and_forger(me: Newcomer, office: Office) -> None:
    assert trial(office.amana, "steal", WORDS="\n".join(WORDS)).code == 0
    assert trial(office.amana, "forge").code == 0
    for scene in ("4", "5"):
        me.follow(f"/demo/{scene}")
        # Without a result it says in one line that nobody has tried.
        assert me.page.locator("h2 + p + p").count() >= 1
        me.look(scene)


def _no_log(me: Newcomer) -> None:
    me.follow("/demo/6")
    me.press("6/open")
    assert len(me.told()) == 3
    me.look("6")


def _witness(me: Newcomer) -> None:
    me.follow("/demo/7")
    me.press("7/looked")
    assert len(me.told()) == 2
    me.press("7/withdraw")
    assert len(me.told()) == 3
    me.look("7")
