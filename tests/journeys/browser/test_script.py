"""What the staff's script adds: each thing it does, and that it does nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.journeys.browser.looking import eyes
from tests.journeys.browser.shelf import Shelf

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DIALOG = """<dialog class="am-dialog" id="am-session" data-idle-seconds="900" aria-labelledby="t">
<h2 id="t">Still here?</h2>
<div data-while><form method="post" action="/stay"><input type="hidden" name="csrf" value="word">
<button class="govuk-button">Stay signed in</button></form></div>
<div data-after hidden><a href="/sign-in">Sign in again</a></div></dialog>"""
VALUE = """<div data-remask-seconds="120" data-remask-words="Hidden again"><bdi class="am-value">Samira</bdi></div>"""
KEYS = """<nav class="am-nav" aria-label="Main"><a href="/today">Today</a></nav>
<label>Filter <input data-filter></label>
<dialog id="am-keys" class="am-dialog" aria-label="Keys"><form method="dialog"><button>Close</button></form></dialog>
<dialog id="am-blank" class="am-blank" aria-label="Blank"><p>Press b</p></dialog>"""
FORM = """<form method="post" action="/save"><button class="govuk-button">Save</button></form>"""


@contextmanager
def page_with(browser: Browser, shelf: Shelf, content: str) -> Iterator[Page]:
    """A page that the script runs on, with a clock that moves only when it is told to."""
    shelf.put("/page", content)
    shelf.put("/today", "<p>Today</p>")
    with eyes(browser, shelf.origin) as there:
        page = there.context.new_page()
        page.clock.install(time="2026-03-01T09:00:00Z")
        page.goto(f"{shelf.origin}/page", wait_until="networkidle")
        yield page


def after(page: Page, seconds: int) -> None:
    page.clock.run_for(seconds * 1000)


# forms


def test_a_second_press_sends_nothing(browser: Browser, shelf: Shelf) -> None:
    with page_with(browser, shelf, FORM) as page:
        page.evaluate("() => { const b = document.querySelector('main button'); b.click(); b.click(); b.click(); }")
        page.wait_for_load_state("networkidle")

    assert shelf.posted == [("/save", "")]


def test_without_script_it_would_be_sent_twice(browser: Browser, shelf: Shelf) -> None:
    """The control: nothing but the script holds the second press back."""
    shelf.put("/page", FORM)
    with eyes(browser, shelf.origin, script=False) as there:
        page = there.context.new_page()
        page.goto(f"{shelf.origin}/page")
        for _ in range(2):
            page.locator("main button").click()
            page.wait_for_load_state("networkidle")

    assert len(shelf.posted) == 2


def test_a_little_later_a_form_may_be_sent_again(browser: Browser, shelf: Shelf) -> None:
    """One whose answer is a file leaves the page as it is, with the same button."""
    with page_with(browser, shelf, FORM) as page:
        page.locator("main button").click()
        after(page, 6)
        page.locator("main button").click()
        page.wait_for_load_state("networkidle")

    assert len(shelf.posted) == 2


def test_the_list_of_errors_takes_the_focus(browser: Browser, shelf: Shelf) -> None:
    with page_with(browser, shelf, '<div class="govuk-error-summary" data-module="govuk-error-summary"></div>') as page:
        assert page.evaluate("() => document.activeElement.className") == "govuk-error-summary"


def test_a_passphrase_may_be_looked_at(browser: Browser, shelf: Shelf) -> None:
    field = """<div class="govuk-password-input" data-module="govuk-password-input"><label for="p">P</label>
    <input class="govuk-input govuk-js-password-input-input" id="p" type="password">
    <button type="button" class="govuk-button govuk-js-password-input-toggle" aria-controls="p" hidden>
    Show</button></div>"""
    with page_with(browser, shelf, field) as page:
        page.locator("main button").click()

        assert page.locator("#p").get_attribute("type") == "text"


# opened values


def test_an_opened_value_goes_when_its_time_is_over(browser: Browser, shelf: Shelf) -> None:
    with page_with(browser, shelf, VALUE) as page:
        after(page, 118)
        assert "Samira" in page.content()
        after(page, 3)

        assert "Samira" not in page.content()
        assert page.locator("[data-remask-seconds]").inner_text() == "Hidden again"


def test_it_goes_although_the_machine_slept(browser: Browser, shelf: Shelf) -> None:
    """Timers stand still under a closed lid; the clock on the wall does not."""
    with page_with(browser, shelf, VALUE) as page:
        page.clock.fast_forward("01:00:00")

        assert "Samira" not in page.content()


# a conversation

TALK = DIALOG.replace('id="am-session"', 'id="am-session" data-cover="/session/return"')
NOTE = '<form method="post" action="/note"><label>Note <textarea name="words"></textarea></label></form>'


def left_alone(browser: Browser, shelf: Shelf, content: str, *, write: str = "") -> tuple[str, bool]:
    """A page with nobody at it for six minutes: where it has gone, and whether it is blank."""
    shelf.put("/session/return", "<p>Come back</p>")
    with page_with(browser, shelf, content) as page:
        if write:
            page.locator("textarea").fill(write)
        after(page, 361)
        # The way there is a request: the browser goes when it has an answer.
        for _ in range(20):
            time.sleep(0.1)
            if page.evaluate("() => location.pathname") != "/page":
                break
        blank = page.locator("#am-blank")
        return page.url.removeprefix(shelf.origin), blank.count() > 0 and blank.is_visible()


def test_a_conversation_that_is_left_alone_is_covered(browser: Browser, shelf: Shelf) -> None:
    assert left_alone(browser, shelf, TALK + KEYS) == ("/session/return?to=/page", False)
    assert shelf.posted == [], "nobody was there, so nothing says that somebody was"


def test_a_hand_on_the_machine_keeps_it_open(browser: Browser, shelf: Shelf) -> None:
    with page_with(browser, shelf, TALK + KEYS) as page:
        for minute in range(8):
            page.mouse.move(10 + minute, 10)
            after(page, 62)
            page.wait_for_load_state("networkidle")

        assert page.url == f"{shelf.origin}/page"
    assert {path for path, _ in shelf.posted} == {"/stay"}
    assert 6 <= len(shelf.posted) <= 8, "once a minute and not at every move"


def test_what_is_typed_and_saved_nowhere_is_blanked_and_not_lost(browser: Browser, shelf: Shelf) -> None:
    assert left_alone(browser, shelf, TALK + KEYS + NOTE, write="He said that") == ("/page", True)


def test_elsewhere_nothing_is_covered(browser: Browser, shelf: Shelf) -> None:
    """The control: the same six minutes on a page of no conversation."""
    assert left_alone(browser, shelf, DIALOG + KEYS + NOTE, write="He said that") == ("/page", False)


# the end of a session


def shown(page: Page) -> bool:
    return bool(page.locator("#am-session").is_visible())


def test_five_minutes_before_the_end_the_page_asks(browser: Browser, shelf: Shelf) -> None:
    with page_with(browser, shelf, DIALOG) as page:
        after(page, 595)
        assert not shown(page)
        after(page, 10)

        assert shown(page)
        assert page.evaluate("() => document.activeElement.textContent") == "Stay signed in"


def test_staying_is_one_post_with_the_forms_own_token(browser: Browser, shelf: Shelf) -> None:
    with page_with(browser, shelf, DIALOG) as page:
        after(page, 605)
        page.get_by_role("button", name="Stay signed in").click()
        page.wait_for_function("() => !document.querySelector('#am-session').open")
        after(page, 590)

        assert shelf.posted == [("/stay", "csrf=word")]
        assert not shown(page)


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_session_that_is_over_says_so_and_hides_what_was_open(browser: Browser, shelf: Shelf, status: int) -> None:
    shelf.answers["/stay"] = status
    with page_with(browser, shelf, DIALOG + VALUE) as page:
        after(page, 100)
        page.evaluate("() => document.querySelector('#am-session').showModal()")
        page.get_by_role("button", name="Stay signed in").click()
        page.get_by_role("link", name="Sign in again").wait_for()

        assert not page.get_by_role("button", name="Stay signed in").is_visible()
        assert "Samira" not in page.content()


def test_at_the_limit_the_page_hides_by_itself(browser: Browser, shelf: Shelf) -> None:
    with page_with(browser, shelf, DIALOG + VALUE.replace("120", "9000")) as page:
        after(page, 890)
        assert "Samira" in page.content()
        after(page, 15)

        assert "Samira" not in page.content()
        assert page.get_by_role("link", name="Sign in again").is_visible()


def test_a_page_without_a_session_asks_nothing(browser: Browser, shelf: Shelf) -> None:
    with page_with(browser, shelf, "<p>Signed out</p>") as page:
        after(page, 3600)

        assert page.locator("dialog").count() == 0
        assert shelf.posted == []


# keys


@pytest.mark.parametrize(("keys", "opens"), [("?", "#am-keys"), ("b", "#am-blank")])
def test_a_key_opens_what_it_is_for(browser: Browser, shelf: Shelf, keys: str, opens: str) -> None:
    with page_with(browser, shelf, KEYS) as page:
        page.keyboard.press(keys)

        assert page.locator(opens).is_visible()


def test_the_screen_comes_back_with_the_same_key(browser: Browser, shelf: Shelf) -> None:
    with page_with(browser, shelf, KEYS) as page:
        page.keyboard.press("b")
        assert page.evaluate("() => document.elementFromPoint(200, 200).closest('dialog').id") == "am-blank"
        page.keyboard.press("b")

        assert not page.locator("#am-blank").is_visible()


def test_g_t_goes_where_the_navigation_goes(browser: Browser, shelf: Shelf) -> None:
    with page_with(browser, shelf, KEYS) as page:
        page.keyboard.press("g")
        page.keyboard.press("t")
        page.wait_for_url("**/today")


def test_g_c_goes_nowhere_for_somebody_without_cases(browser: Browser, shelf: Shelf) -> None:
    with page_with(browser, shelf, KEYS) as page:
        page.keyboard.press("g")
        page.keyboard.press("c")
        page.wait_for_load_state("networkidle")

        assert page.url.endswith("/page")


def test_the_slash_goes_to_the_filter_and_is_not_typed_there(browser: Browser, shelf: Shelf) -> None:
    with page_with(browser, shelf, KEYS) as page:
        page.keyboard.press("/")
        page.keyboard.type("b?/")

        assert page.locator("[data-filter]").input_value() == "b?/"
        assert not page.locator("#am-blank").is_visible()


def test_somebody_who_switched_them_off_has_none(browser: Browser, shelf: Shelf) -> None:
    with page_with(browser, shelf, KEYS + '<p data-shortcuts="off"></p>') as page:
        page.keyboard.press("b")

        assert not page.locator("#am-blank").is_visible()
