"""A page's session after a second factor: its cookie is another, and every tab of it goes on (D06)."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from starlette.types import ASGIApp

from app.accounts import actions as accounts
from app.cases import actions as cases
from tests.web.browser import COOKIE, ORIGIN, Browser, arrived
from tests.web.test_stepping import factor
from tests.web.writing import at, later, officer
from tests.world import World

__all__ = ["officer"]


def at_keys(staff_door: ASGIApp, world: World) -> tuple[Browser, str]:
    """An officer before the page that gives keys of a case; nobody types a second factor for them."""
    reference = world.case()
    browser = arrived(staff_door, world, "intake")
    browser.factor = None
    browser.get(f"/cases/{reference}/keys")
    return browser, f"/cases/{reference}/keys/give"


@pytest.mark.abuse("D06")
def test_the_cookie_of_before_opens_no_page_and_is_not_taken_away(staff_door: ASGIApp, world: World) -> None:
    browser, give = at_keys(staff_door, world)
    old = browser.cookies[COOKIE]

    given = browser.submit(give, user=world.members["legal"].code, compartments="TESTIMONY", **factor(world, "intake"))
    thief = Browser(staff_door)
    thief.hold(old)
    read = thief.get("/today")
    sent = thief.ask("POST", "/stay", data={"csrf": "A" * 64}, headers={"Origin": ORIGIN})

    kept = given.headers.get_list("set-cookie")
    assert [cookie.partition("=")[0] for cookie in kept] == [COOKIE]
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in kept[0].split(";")[1:]}
    assert browser.cookies[COOKIE] != old
    assert (read.headers["location"], sent.status_code) == ("/sign-in", 401)
    assert "set-cookie" not in read.headers
    assert "set-cookie" not in sent.headers
    assert browser.get("/today").status_code == 200


@pytest.mark.abuse("D06")
def test_whoever_is_refused_after_their_second_factor_stays_signed_in(staff_door: ASGIApp, world: World) -> None:
    browser, give = at_keys(staff_door, world)
    old, safety = browser.cookies[COOKIE], world.members["protection"].code

    refused = browser.submit(give, user=safety, compartments="TESTIMONY", **factor(world, "intake"))

    assert refused.status_code == 403
    assert "confirm with your second factor" not in refused.text, "the control: that was not what was missing"
    assert browser.cookies[COOKIE] != old
    right = browser.submit(give, user=world.members["legal"].code, compartments="TESTIMONY", **factor(world, "intake"))
    assert right.status_code == 303, "the form of the refusal's own page works"


@pytest.mark.abuse("D06")
def test_another_passphrase_is_another_cookie_too(staff_door: ASGIApp, world: World) -> None:
    browser, thief = arrived(staff_door, world, "intake"), Browser(staff_door)
    thief.hold(browser.cookies[COOKIE])
    assert thief.get("/me").status_code == 200, "the control"
    browser.get("/me/passphrase")

    new: dict[str, Any] = {
        "passphrase": world.members["intake"].passphrase,
        "new_passphrase": "eleven wet stones under a bridge",
    }
    sent = browser.submit("/me/passphrase", **new, **factor(world, "intake"))

    assert sent.headers["location"] == "/me/passphrase/changed"
    assert browser.get("/me/passphrase/changed").status_code == 200
    assert thief.get("/me").headers["location"] == "/sign-in"


@pytest.mark.abuse("D06")
def test_a_form_that_was_open_in_another_tab_is_taken(staff_door: ASGIApp, world: World) -> None:
    browser, give = at_keys(staff_door, world)
    other = copy.copy(browser)
    other.get("/me")
    browser.submit(give, user=world.members["legal"].code, compartments="TESTIMONY", **factor(world, "intake"))

    # Tabs share what they keep.
    other.cookies = browser.cookies

    assert other.submit("/stay").status_code == 204


@pytest.mark.abuse("D06")
def test_what_was_typed_before_a_second_factor_is_kept_when_the_session_ends_after_it(
    officer: Browser, world: World
) -> None:
    reference, account = at(world)
    officer.get(f"/testimonies/{account}/limits")
    world.step_up("intake", cases.give, reference)
    world.do("intake", accounts.leave_everywhere)

    ended = later(officer, account, "limits", own_words="I can stop")

    assert ended.status_code == 401
    assert "What you typed is kept" in ended.text
