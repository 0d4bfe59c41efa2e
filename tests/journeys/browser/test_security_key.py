"""A security key in a real browser: added, signing in, confirming; the key itself is chromium's own, of software."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.journeys.browser.looking import eyes

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.browser.conftest import Office

WHO = "narrative"
KEY = {
    "protocol": "ctap2", "transport": "usb", "hasResidentKey": False, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def plug_in(page: Page) -> None:
    """A key of software into this page's machine."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})


def with_a_code(office: Office, page: Page, address: str, name: str = "") -> None:
    """Fill in the next six digits and send the form, which goes on to another page."""
    for _ in range(3):
        if name:
            page.locator("[name=name]").fill(name)
        page.locator("[name=code]").fill(office.amana.run("demo", "code", WHO).out.strip())
        page.locator("[name=code]").press("Enter")
        # The page comes back with what did not fit, or another one comes.
        refused = page.locator(".govuk-error-summary")
        for _ in range(100):
            page.wait_for_timeout(200)
            if not page.url.endswith(address):
                return
            if refused.count():
                break
        # A code opens once: wait for the next half minute.
        time.sleep(30 - time.time() % 30 + 0.2)
    raise AssertionError(page.locator("main").inner_text())


def test_a_key_is_added_signs_in_and_is_removed_with_itself(office: Office) -> None:
    passphrase = office.amana.cast()["members"][WHO]["passphrase"]
    with eyes(office.browser, office.origin) as there, there.on("/sign-in") as (page, seen):
        plug_in(page)
        page.locator("[name=login_name]").fill(WHO)
        page.locator("[name=passphrase]").fill(passphrase)
        with_a_code(office, page, "/sign-in")
        page.goto(office.origin + "/me/second-factors/add")
        with_a_code(office, page, "/add", name="the blue one")
        assert "the blue one" in page.locator("main").inner_text()

        page.locator(".am-header__out").click()
        page.goto(office.origin + "/sign-in")
        page.locator("[name=login_name]").fill(WHO)
        page.locator("[name=passphrase]").fill(passphrase)
        page.get_by_role("button", name="Use a security key").click()
        page.wait_for_url("**/today")

        page.goto(office.origin + "/me/second-factors")
        page.get_by_role("link", name="Rename or remove").click()
        page.get_by_role("button", name="Use a security key").click()
        page.wait_for_url("**/me/second-factors")
        assert "None yet." in page.locator("main").inner_text()
        assert (seen.refused, seen.errors) == ([], [])


def test_a_key_that_was_never_added_is_told_so_in_words(office: Office) -> None:
    with eyes(office.browser, office.origin) as there, there.on("/sign-in") as (page, seen):
        plug_in(page)
        page.locator("[name=login_name]").fill("nobody")
        page.locator("[name=passphrase]").fill("a passphrase of nobody")
        page.get_by_role("button", name="Use a security key").click()

        said = page.get_by_text("The security key did not answer.")
        said.wait_for(timeout=20_000)
        assert page.url.endswith("/sign-in")
        assert seen.refused == []
