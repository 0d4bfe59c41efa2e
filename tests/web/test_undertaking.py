"""The undertaking of secrecy at the pages: read and signed there, and asked for before it runs out."""

from __future__ import annotations

import pytest
from starlette.types import ASGIApp

from app.accounts import undertakings
from tests.conftest import Clock
from tests.ladder import Log
from tests.web.browser import Browser, Forms
from tests.world import World


@pytest.fixture
def browser(staff_door: ASGIApp, world: World) -> Browser:
    return Browser(staff_door)


def said(page: str) -> str:
    return " ".join(Forms(page).text.split())


def test_today_asks_for_it_from_thirty_days_before(browser: Browser, world: World, standing_clock: Clock) -> None:
    standing_clock.move(days=330)
    browser.sign_in(world, "intake")
    assert "/me/undertaking" not in browser.get("/today").text

    standing_clock.move(days=10)
    browser.sign_in(world, "intake")
    page = browser.get("/today").text
    assert "/me/undertaking" in page
    assert "Your undertaking of secrecy holds until" in said(page)

    standing_clock.move(days=30)
    browser.sign_in(world, "intake")
    assert "Your undertaking of secrecy ran out on" in said(browser.get("/today").text)


def test_what_is_refused_without_it_says_what_to_do(browser: Browser, world: World, standing_clock: Clock) -> None:
    reference = world.case()
    standing_clock.move(days=366)
    browser.sign_in(world, "intake")
    browser.get(f"/cases/{reference}/keys")

    answer = browser.submit(f"/cases/{reference}/keys/hand-over", team="legal")

    assert answer.status_code == 403
    assert "Sign it under My account" in said(answer.text)


def test_it_is_read_and_signed_on_a_page(browser: Browser, world: World, standing_clock: Clock, log: Log) -> None:
    standing_clock.move(days=366)
    browser.sign_in(world, "intake")
    browser.get("/me")
    browser.submit("/me/preferences", language="fr")
    page = browser.get("/me/undertaking")
    assert all(line in said(page.text) for line in undertakings.to_sign().texts["fr"])
    log.fresh()

    nothing = browser.submit("/me/undertaking")
    stale = browser.submit("/me/undertaking", version="2019-01")
    signed = browser.submit("/me/undertaking", version=undertakings.VERSION)

    assert (nothing.status_code, stale.status_code) == (422, 409)
    assert signed.headers["location"] == "/me/undertaking"
    refused, done = log.fresh()
    assert (refused.outcome, done.outcome) == ("conflict", "done")
    assert done.codes["language"] == "fr", "in the language in which it was shown"
    assert "/me/undertaking" not in browser.get("/today").text


def test_a_newcomer_reads_it_before_they_have_keys(browser: Browser, world: World) -> None:
    for language in ("ar", "fr", "en"):
        page = browser.get(f"/invitation?language={language}").text
        assert all(line in said(page) for line in undertakings.to_sign().texts[language])

    unsigned = browser.submit("/invitation", code="AAAAA-BBBBB-CCCCC-DDDDD", passphrase="several words by the river")

    assert unsigned.status_code == 422
    assert "Please read the undertaking and sign it." in said(unsigned.text)


@pytest.mark.parametrize("path", ["/me/undertaking"])
def test_a_stranger_is_shown_the_way_in(browser: Browser, world: World, path: str) -> None:
    assert browser.get(path).headers["location"] == "/sign-in"


def test_the_lead_and_the_administrator_see_whose_is_not_in_force(
    browser: Browser, world: World, standing_clock: Clock
) -> None:
    standing_clock.move(days=366)
    browser.sign_in(world, "intake-lead")
    assert "Undertaking not in force" in said(browser.get("/teams/intake").text)
    browser.sign_in(world, "intake")
    assert "Undertaking" not in said(browser.get("/teams/intake").text)
    browser.sign_in(world, "administrator")
    assert "Undertaking not in force" in said(browser.get("/admin/people?which=unsigned").text)
    code = world.members["intake"].code
    assert "Ran out on" in said(browser.get(f"/admin/people/{code}").text)
