"""What must not be tiresome, counted in presses: people who are hindered keep notebooks, and notebooks leak."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.journeys.browser.looking import eyes

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.journeys.browser.conftest import Office

# amendments.md 9: a routine check-in, from Today to the next one agreed on.
CHECK_IN_MAX = 12


@dataclass
class Counted:
    """A hand whose clicks and letters are counted."""

    page: Page
    pressed: int = 0

    def click(self, what: Locator) -> None:
        what.first.click()
        self.page.wait_for_load_state()
        self.pressed += 1

    def write(self, where: Locator, text: str) -> None:
        where.first.press_sequentially(text)
        self.pressed += len(text)


def test_a_routine_check_in_is_kept_and_the_next_agreed_on_in_twelve_presses(office: Office) -> None:
    with (
        eyes(office.browser, office.origin, cookies=office.speaking("protection", "en")) as there,
        there.on("/today") as (page, seen),
    ):
        hand = Counted(page)
        hand.click(page.locator("main a", has_text="Check in"))
        hand.click(page.get_by_role("button", name="Show the agreed word"))
        assert page.locator(".am-opened .am-value").inner_text().strip()
        hand.click(page.get_by_label("We spoke, all is well"))
        hand.click(page.get_by_role("button", name="Keep"))
        assert "This check-in is settled." in page.content()
        hand.click(page.get_by_role("button", name="Agree on the next one"))
        if page.locator("[name=agreed_word]").count():
            hand.write(page.locator("[name=agreed_word]"), "bridge")
        hand.click(page.locator("main form button:not([formaction])"))
        assert page.locator(".govuk-error-summary").count() == 0, page.locator("main").inner_text()
        assert seen.refused == []

    assert hand.pressed <= CHECK_IN_MAX, f"{hand.pressed} presses"
