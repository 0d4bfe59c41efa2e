"""The work of an intake officer with their own hands: by keyboard alone, without script, in Arabic, out of time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import pytest
from PIL import Image

from tests.cleaning.files import MARK, jpeg
from tests.journeys.browser.looking import eyes

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Page

    from tests.journeys.browser.conftest import Office

# Diacritics, Latin and numbers among Arabic, and a mark that turns the line round: all of it comes back.
SAID: Final = "قَالَ لَنَا: «اِنتَظِرُوا»\u200f ثم أرسل (SMS) في 3 مارس.\u202e"
TABS_MAX: Final = 250
# What goes on; the others come back to the text, ask something, or save for later.
GOES_ON: Final = "button:not([formaction], [name=go])"


@dataclass
class Keyboard:
    """Hands that know no mouse. ``pressed`` counts what a person would press, letters aside."""

    page: Page
    pressed: int = 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.pressed += 1

    def reach(self, place: str) -> None:
        """Go from field to field until one is there. Fails if no way with the Tab key leads to it."""
        for _ in range(TABS_MAX):
            if self.page.evaluate("place => document.activeElement?.matches(place)", place):
                return
            self.press("Tab")
        raise AssertionError(f"{place} is not reached by keyboard on {self.page.url}")

    def choose(self, name: str, value: str) -> None:
        """One of several round buttons."""
        self.reach(f'[name="{name}"]')
        wanted = f'[name="{name}"][value="{value}"]'
        for _ in range(20):
            if self.page.evaluate("place => document.activeElement.matches(place)", wanted):
                break
            self.press("ArrowDown")
        if not self.page.locator(wanted).is_checked():
            self.press("Space")
        assert self.page.locator(wanted).is_checked()

    def pick(self, name: str, value: str) -> None:
        """One line of a list that unfolds."""
        self.reach(f'select[name="{name}"]')
        for _ in range(60):
            if self.page.locator(f'select[name="{name}"]').input_value() == value:
                return
            self.press("ArrowDown")
        raise AssertionError(f"{name} has no line {value}")

    def write(self, name: str, text: str) -> None:
        self.reach(f'[name="{name}"]')
        self.page.keyboard.insert_text(text)

    def send(self, action: str) -> None:
        """Press the button of a form by Enter, and wait for the page that follows."""
        self.reach(f'main form[action$="{action}"] {GOES_ON}')
        with self.page.expect_navigation():
            self.press("Enter")
        came_through(self.page)


@dataclass
class Mouse:
    """Hands as most people use them."""

    page: Page

    def choose(self, name: str, value: str) -> None:
        self.page.locator(f'[name="{name}"][value="{value}"]').check()

    def pick(self, name: str, value: str) -> None:
        self.page.locator(f'select[name="{name}"]').select_option(value)

    def write(self, name: str, text: str) -> None:
        self.page.locator(f'[name="{name}"]').fill(text)

    def send(self, action: str) -> None:
        with self.page.expect_navigation():
            self.page.locator(f'main form[action$="{action}"] {GOES_ON}').first.click()
        came_through(self.page)


def came_through(page: Page) -> None:
    """No form came back with something to be looked at again."""
    wrong = page.locator(".govuk-error-summary")
    assert wrong.count() == 0, f"{page.url}: {wrong.inner_text()}"


@contextmanager
def sitting(office: Office, language: str = "en", *, script: bool = True) -> Iterator[Page]:
    """The officer at their desk; afterwards nothing may have gone elsewhere or against the page's own policy."""
    cookies = office.speaking("intake", language)
    with (
        eyes(office.browser, office.origin, script=script, cookies=cookies) as there,
        there.on("/testimonies/new") as (page, seen),
    ):
        yield page
        assert (seen.refused, seen.foreign) == ([], [])


def go(page: Page, address: str) -> None:
    page.goto(re.sub(r"^(https?://[^/]+).*", r"\1", page.url) + address)


def before_the_account(page: Page, hand: Any) -> tuple[str, str]:
    """From the first page to where the account is written; the address of its steps, and the case's reference."""
    hand.choose("pathway", "ADULT")
    hand.send("/testimonies/new")
    steps = re.sub(r"^https?://[^/]+", "", page.url)
    reference = re.search(r"/cases/([0-9A-Z-]+)/consent", page.content())[1]  # type: ignore[index]
    go(page, f"{steps}/limits")
    hand.pick("language", "ar")
    hand.write("own_words", "أستطيع أن أتوقف")
    hand.send("/limits")
    for tier in ("T1", "T2"):
        go(page, f"/cases/{reference}/consent/{tier}")
        hand.choose("granted", "yes")
        hand.pick("language", "ar")
        hand.choose("how_given", "SPOKEN")
        hand.choose("custody_status", "FREE")
        hand.choose("guard_present", "no")
        hand.send(f"/consent/{tier}")
    go(page, f"{steps}/ready")
    hand.choose("counsel", "OFFERED")
    hand.send("/ready")
    go(page, f"{steps}/session")
    hand.choose("place", "OFFICE")
    hand.choose("custody_status", "FREE")
    hand.choose("guard_present", "no")
    hand.choose("under_18", "no")
    hand.send("/session")
    go(page, f"{steps}/account")
    return steps, reference


def the_account(page: Page, hand: Any, steps: str) -> None:
    """Written, divided, read back and sealed."""
    hand.pick("language", "ar")
    hand.write("text", f"{SAID}\n\nثم خرجنا.")
    hand.send("/account")
    assert page.locator("[id^=passage-]").count() == 2
    hand.send("/account")
    for step in ("read-back", "segments", "seal"):
        go(page, f"{steps}/move/{step}")
        if step == "read-back":
            hand.pick("language", "ar")
            hand.choose("answer", "SIGNED")
        hand.send(f"/move/{step}")
    go(page, steps)


def end_session(office: Office, page: Page) -> None:
    """From elsewhere: the page that is being typed on does not know of it."""
    token = next(each["value"] for each in page.context.cookies() if each["name"] == "amana_session")
    office.amana.post("/api/sign-out", {}, token=token).raise_for_status()


def sealed(page: Page) -> bool:
    return bool(page.locator('a[href$="/sealed"]').count() == 1)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_testimony_is_recorded_by_keyboard_alone(office: Office, script: bool) -> None:
    with sitting(office, script=script) as page:
        hand = Keyboard(page)
        steps, _ = before_the_account(page, hand)
        the_account(page, hand, steps)

        assert sealed(page)


def test_an_arabic_officer_records_one_and_reads_it_back_as_it_was_said(office: Office) -> None:
    with sitting(office, "ar") as page:
        assert page.locator("html").get_attribute("dir") == "rtl"
        steps, reference = before_the_account(page, Mouse(page))
        the_account(page, Mouse(page), steps)
        assert sealed(page)

        go(page, f"/cases/{reference}/open?tab=testimony&justification=WITNESS_REQUEST")
        with page.expect_navigation():
            page.locator("main form button").last.click()
        shown = page.content()
        assert "قَالَ لَنَا: «اِنتَظِرُوا»" in shown
        assert "\u202e" not in page.locator("main").inner_text(), "what turns a line round is shown, not obeyed"
    office.speaking("intake", "en")


def test_a_session_that_ends_in_mid_sentence_loses_no_word(office: Office) -> None:
    with sitting(office) as page:
        steps, _ = before_the_account(page, Mouse(page))
        page.locator('select[name="language"]').select_option("ar")
        page.locator('[name="text"]').fill(SAID)
        end_session(office, page)
        with page.expect_navigation():
            page.locator(f'main form[action$="/account"] {GOES_ON}').first.click()
        assert "Your session has ended" in page.content()
        del office.cookies["intake"]

        page.context.clear_cookies()
        page.context.add_cookies(office.speaking("intake", "en")["cookies"])
        go(page, "/drafts")
        page.locator(f'a[href*="{steps}/account?draft="]').first.click()
        page.wait_for_load_state()
        assert page.locator('[name="text"]').input_value() == SAID


def test_somebody_who_is_known_is_found_again_in_the_other_script(office: Office) -> None:
    with sitting(office) as page:
        hand = Mouse(page)
        hand.choose("pathway", "ADULT")
        hand.send("/testimonies/new")
        reference = re.search(r"/cases/([0-9A-Z-]+)/consent", page.content())[1]  # type: ignore[index]
        go(page, f"/cases/{reference}/person/new")
        hand.write("legal_name", "Muhammad Tahir al-Qasimi")
        hand.choose("birth_date.precision", "YEAR")
        hand.write("birth_date.year", "1991")
        hand.send("/person/new")
        go(page, "/search")
        hand.choose("justification", "INTAKE")
        hand.write("name", "محمد طاهر القاسمي")
        hand.choose("birth_date.precision", "YEAR")
        hand.write("birth_date.year", "1992")
        hand.send("/search/known")
        assert "Possibly known." in page.content()
        assert page.locator(f'a[href="/cases/{reference}"]').count() == 1

        go(page, "/search")
        hand.choose("justification", "INTAKE")
        hand.write("name", "زينون كيسبي")
        hand.choose("birth_date.precision", "YEAR")
        hand.write("birth_date.year", "1950")
        hand.send("/search/known")
        assert "No match on these particulars." in page.content(), "the control"


def test_a_photograph_says_where_it_was_taken_and_its_working_copy_does_not(office: Office) -> None:
    taken = jpeg((320, 240))
    assert MARK in taken
    photo: FilePayload = {"name": "IMG_2041.jpg", "mimeType": "image/jpeg", "buffer": taken}
    with sitting(office) as page:
        address = next(real for kind, real in office.pages("intake").items() if kind == "/files/{reference}")
        reference = address.rpartition("/")[2]
        go(page, address)
        page.locator("#file").set_input_files(photo)
        with page.expect_navigation():
            page.get_by_role("button", name="Keep this file").click()
        go(page, f"/cases/{reference}/open?tab=testimony&justification=WITNESS_REQUEST")
        with page.expect_navigation():
            page.locator("main form button").last.click()
        go(page, address)
        with page.expect_navigation():
            page.get_by_role("button", name="Make a working copy").last.click()
        assert "Taken away:" in page.content()
        copy = page.locator("main img").last.get_attribute("src")
        shown = page.context.request.get(f"{office.origin}{copy}").body()

    picture = Image.open(BytesIO(shown))
    assert picture.size == (320, 240)
    assert MARK not in shown
    assert not picture.getexif()
