"""Every page of every role, in three languages, wide and narrow, with script and without."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.journeys.browser import pages
from tests.journeys.browser.conftest import Office
from tests.journeys.browser.looking import DESK, PHONE, Eyes, Seen, eyes, faults, judge, judge_still, measure

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    # Hundreds of looks take a quarter of an hour: nobody should wait for that who asked for the tests alone.
    pytest.mark.skipif("AMANA_BROWSER" not in os.environ, reason="make browser looks at every page"),
    pytest.mark.timeout(1800),
]
WHO: tuple[str | None, ...] = (None, *pages.PEOPLE)
PICTURES = os.environ.get("AMANA_PICTURES")

each_language = pytest.mark.parametrize("language", pages.LANGUAGES)
each_of_them = pytest.mark.parametrize("login", WHO, ids=lambda login: login or "anybody")


def wrong_with(office: Office, login: str | None, language: str, *, script: bool) -> dict[str, list[str]]:
    """Look at every page of somebody; what is wrong with each."""
    wrong: dict[str, list[str]] = {}
    known = office.pages(login)
    with sitting(office, login, language, script=script) as there:
        for kind, address in known.items():
            with there.on(address) as (page, seen):
                look(page, seen, script=script)
                wrong[kind] = faults(seen) + _answered(seen, 200) + _spoken(page, language)
                picture(page, login, language, kind, script=script)
        for after in (each for each in pages.AFTER if each.login == login):
            wrong[after.name] = answer_to(there, known[after.address].partition("?")[0], after, language, script=script)
    return {kind: found for kind, found in wrong.items() if found}


@contextmanager
def sitting(office: Office, login: str | None, language: str, *, script: bool) -> Iterator[Eyes]:
    """Somebody of the cast, or a stranger, at a screen that speaks their language."""
    cookies = None if login is None else office.speaking(login, language)
    with eyes(office.browser, office.origin, script=script, cookies=cookies) as there:
        if login is None:
            there.context.request.get(f"{office.origin}/sign-in?language={language}")
        yield there


def answer_to(there: Eyes, address: str, after: pages.After, language: str, *, script: bool) -> list[str]:
    """What is wrong with a page that answers something done on another."""
    with there.on(address) as (page, seen):
        answers: list[int] = []
        page.on("response", lambda each: answers.append(each.status) if each.request.is_navigation_request() else None)
        after.do(page)
        page.wait_for_load_state("load")
        seen.status = answers[-1]
        look(page, seen, script=script)
        return faults(seen) + _answered(seen, after.status) + _spoken(page, language)


def look(page: Page, seen: Seen, *, script: bool) -> None:
    measure(page, seen)
    if script:
        judge(page, seen)
    else:
        judge_still(page, seen)


def _answered(seen: Seen, status: int) -> list[str]:
    return [] if seen.status == status else [f"answered {seen.status}"]


def _spoken(page: Page, language: str) -> list[str]:
    spoken = page.locator("html").get_attribute("lang") or ""
    way = page.locator("html").get_attribute("dir")
    right = spoken == language and way == pages.LANGUAGES[language]
    return [] if right else [f"speaks {spoken} ({way})"]


def picture(page: Page, login: str | None, language: str, address: str, *, script: bool) -> None:
    """Kept only where make pictures asks for them."""
    if not PICTURES or not script:
        return
    name = re.sub(r"[^a-z-]+", "-", address).strip("-")
    for width in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=Path(PICTURES) / (login or "anybody") / f"{name}-{language}-{width}.png", full_page=True)


@each_language
@each_of_them
def test_every_page_is_open_to_everybody_who_may_see_it(office: Office, login: str | None, language: str) -> None:
    """Axe, overflow, budgets, the policy, other origins: nothing wrong anywhere."""
    assert wrong_with(office, login, language, script=True) == {}


@each_language
@each_of_them
def test_every_page_stands_without_script(office: Office, login: str | None, language: str) -> None:
    assert wrong_with(office, login, language, script=False) == {}


def test_a_word_of_ours_makes_a_kind_of_its_own_and_a_row_does_not() -> None:
    row, other = "01a0c451-574e-753e-a138-849f02d123af", "01a0c451-574e-753e-a138-849f02d123b0"
    kind = "/testimonies/{row}/session/NOTE"
    assert (
        pages.kind_of(f"/testimonies/{row}/session/NOTE?x=1")
        == kind
        == pages.kind_of(f"/testimonies/{other}/session/NOTE")
    )
    assert pages.kind_of(f"/testimonies/{row}/session/REPORT") != kind
    assert pages.kind_of("/static/app.css") is None


def test_every_page_is_looked_at_by_somebody(office: Office) -> None:
    """Nothing that the door serves is left out, but for what stands on a list with its reason."""
    addresses = [address for login in WHO for address in office.pages(login).values()]
    seen = {pages.pattern_of(address) for address in addresses} | {after.name for after in pages.AFTER}
    served = {kind for kind, _ in pages.kinds()}

    assert sorted(served - seen - set(pages.NOT_PAGES)) == sorted(pages.UNSEEN)


def test_the_walk_takes_one_page_of_each_kind_and_none_that_is_refused() -> None:
    """The control: a small house with two cases, a dead link, a file and a link elsewhere."""
    house = {
        "/today": '<a href="/cases">x</a> <a class="b" href="/static/app.css">x</a> <a href="https://c2sp.org">x</a>',
        "/cases": '<a href="/cases/A?page=2&amp;x=1">x</a><a href="/cases/B">x</a><a href="/audit">x</a>',
        "/cases/A?page=2&x=1": '<a href="/cases/A/keys#k">x</a>',
        "/cases/A/keys": "",
    }

    assert pages.walk(["/today"], house.get) == {
        "/today": "/today",
        "/cases": "/cases",
        "/cases/{reference}": "/cases/A?page=2&x=1",
        "/cases/{reference}/keys": "/cases/A/keys",
    }
