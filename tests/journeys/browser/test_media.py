"""Paper, and screens whose colours are not ours: three pages each, with a control that must be found wanting."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.journeys.browser.looking import eyes
from tests.journeys.browser.shelf import Shelf

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.journeys.browser.conftest import Office

pytestmark = [
    pytest.mark.skipif("AMANA_BROWSER" not in os.environ, reason="make browser prints"),
    pytest.mark.timeout(600),
]
PAGES = ("/today", "/cases", "/cases/{reference}")
# What only a screen is for, and what stands in place of opened values: on this paper none of it has a place.
SCREEN_ONLY = (".am-nav", ".am-subnav", ".am-tiles", ".am-header__who", "dialog", ".am-not-for-paper")
# What is marked by a colour of ours must be marked by something else where colours are the reader's own.
MARKED = """() => [...document.querySelectorAll(".am-protective, .am-badge, .am-demo, .am-count, .am-value")]
  .filter((e) => e.checkVisibility()).filter((e) => {
    const s = getComputedStyle(e);
    return !parseFloat(s.borderBlockStartWidth) && (s.outlineStyle === "none" || !parseFloat(s.outlineWidth));
  }).map((e) => e.className)"""
# Where one is in a menu: the line under it must differ from the others' there too.
HERE = """() => {
  const line = (e) => getComputedStyle(e).borderBlockEndColor;
  const here = [...document.querySelectorAll(".am-nav [aria-current]")];
  const others = [...document.querySelectorAll(".am-nav a:not([aria-current])")];
  return here.length > 0 && here.every((e) => others.every((o) => line(o) !== line(e)));
}"""


def seen_of(page: Page, places: tuple[str, ...]) -> list[str]:
    return [place for place in places for each in page.locator(place).all() if each.is_visible()]


@pytest.mark.parametrize("kind", PAGES)
def test_a_mute_page_prints_its_words_and_nothing_of_the_screen(office: Office, kind: str) -> None:
    cookies = office.speaking("protection", "en")
    with eyes(office.browser, office.origin, cookies=cookies) as there, there.on(office.pages("protection")[kind]) as (
        page, _,
    ):  # fmt: skip
        assert seen_of(page, (".am-nav",)) != [], "the control: on the screen it is there"
        page.emulate_media(media="print")
        assert seen_of(page, SCREEN_ONLY) == []
        assert page.locator("h1").is_visible()


@pytest.mark.parametrize("kind", PAGES)
def test_with_colours_of_the_readers_own_nothing_is_marked_by_colour_alone(office: Office, kind: str) -> None:
    cookies = office.speaking("protection", "en")
    with (
        eyes(office.browser, office.origin, cookies=cookies, forced_colors="active") as there,
        there.on(office.pages("protection")[kind]) as (page, _),
    ):
        assert page.evaluate("() => matchMedia('(forced-colors: active)').matches")
        assert page.evaluate(MARKED) == []
        assert page.evaluate(HERE)


def test_a_page_with_an_opened_value_prints_one_sentence(browser: Browser, shelf: Shelf) -> None:
    shelf.put("/page", '<div class="am-opened"><bdi class="am-value">Samira</bdi></div>')
    shelf.pages["/page"] = shelf.pages["/page"].replace(
        "</body>", '<p class="am-not-for-paper">Not for paper.</p></body>'
    )
    with eyes(browser, shelf.origin) as there, there.on("/page") as (page, _):
        assert "Samira" in page.locator("body").inner_text()
        page.emulate_media(media="print")
        assert page.locator("body").inner_text().strip() == "Not for paper."


def test_the_control_what_is_marked_by_colour_alone_is_found(browser: Browser, shelf: Shelf) -> None:
    shelf.put("/page", '<p class="am-protective">Do not phone.</p>')
    shelf.style = ".am-protective.am-protective{border:0!important;outline:0!important}"
    with eyes(browser, shelf.origin, forced_colors="active") as there, there.on("/page") as (page, _):
        assert page.evaluate(MARKED) == ["am-protective"]
