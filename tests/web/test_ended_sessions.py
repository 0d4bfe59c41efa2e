"""What somebody sends when their session has just ended: kept for them alone, and come back to."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.accounts import actions as accounts
from app.accounts.forms import Shut
from app.testimonies.models import Rescue
from tests.conftest import Clock
from tests.ladder import CANARY, Log
from tests.web.browser import ORIGIN, Browser, Forms
from tests.web.writing import areas, at, later, lead, officer, send, stored
from tests.world import World

__all__ = ["lead", "officer"]


ENDS: dict[str, dict[str, float]] = {"idle": {"minutes": 16}, "too long": {"hours": 8, "minutes": 1}, "signed out": {}}


def end(world: World, moved: Clock, how: str) -> None:
    if how == "signed out":
        world.do("intake", accounts.leave_everywhere)
    moved.move(**ENDS[how])


def back_in(officer: Browser, world: World) -> str:
    """Sign in again; where that leads."""
    officer.cookies.clear()
    entered = officer.sign_in(world, "intake")
    me = world.members["intake"]
    me.token = officer.cookies["amana_session"]
    me.caller = world.signins.caller(me.token)
    return str(entered.headers["location"])


@pytest.mark.domain("D53")
@pytest.mark.parametrize("how", sorted(ENDS))
@pytest.mark.parametrize("button", ["keep", "later", "auto"])
def test_no_typed_word_is_lost_when_a_session_ends_in_mid_sentence(
    officer: Browser, world: World, log: Log, standing_clock: Clock, how: str, button: str
) -> None:
    reference, account = at(world)
    page = f"/testimonies/{account}/limits"
    told = world.canary()
    officer.get(page)
    end(world, standing_clock, how)

    if button == "keep":
        ended = officer.submit(page, own_words=told)
    else:
        ended = later(officer, account, "limits", own_words=told, **({"auto": "1"} if button == "auto" else {}))

    assert ended.status_code == 401
    assert "What you typed is kept" in ended.text
    assert CANARY not in ended.text
    to = back_in(officer, world)
    assert to.startswith(f"{page}?draft=")
    assert areas(officer.get(to).text)[0] == told
    assert stored(world, reference, account) == [{"own_words": [told]}]


@pytest.mark.domain("D53")
@pytest.mark.parametrize(("page", "upto"), [("session/note", "IN_SESSION"), ("beside/correction", "RECORDED")])
@pytest.mark.parametrize("button", ["keep", "later"])
def test_forms_that_stand_deeper_in_an_account_outlive_a_session_too(
    officer: Browser, world: World, log: Log, standing_clock: Clock, page: str, upto: str, button: str
) -> None:
    _, account = at(world, upto)
    here, told = f"/testimonies/{account}/{page}", world.canary()
    field = "words" if upto == "IN_SESSION" else "text"
    officer.get(here)
    end(world, standing_clock, "idle")

    to = here if button == "keep" else f"/testimonies/{account}/draft/{page.partition('/')[2]}"
    assert send(officer, here, to, **{field: told}).status_code == 401

    address = back_in(officer, world)
    assert address.startswith(f"{here}?draft=")
    assert told in areas(officer.get(address).text)


@pytest.mark.domain("D53")
def test_an_answer_of_consent_outlives_its_session(officer: Browser, world: World, standing_clock: Clock) -> None:
    reference, _ = at(world)
    page = f"/cases/{reference}/consent/T2"
    officer.get(page)
    end(world, standing_clock, "idle")

    assert officer.submit(page, conditions="not before spring").status_code == 401
    to = back_in(officer, world)

    assert to.startswith(f"{page}?draft=")
    assert areas(officer.get(to).text) == ["not before spring"]


@pytest.mark.domain("D53")
def test_what_the_page_saved_by_itself_is_come_back_to(officer: Browser, world: World, standing_clock: Clock) -> None:
    _, account = at(world)
    page = f"/testimonies/{account}/limits"
    officer.get(page)
    later(officer, account, "limits", own_words="I can st", auto="1")
    end(world, standing_clock, "idle")

    assert officer.get(page).headers["location"] == "/sign-in"
    assert back_in(officer, world).startswith(f"{page}?draft=")


@pytest.mark.parametrize("late", [False, True])
def test_whoever_left_of_their_own_accord_begins_with_today(
    officer: Browser, world: World, standing_clock: Clock, late: bool
) -> None:
    """A draft that was saved by hand waits on Today; so does, after a day, one that the page saved."""
    _, account = at(world)
    officer.get(f"/testimonies/{account}/limits")
    later(officer, account, "limits", own_words="I can stop", **({"auto": "1"} if late else {}))
    end(world, standing_clock, "idle")
    if late:
        standing_clock.move(hours=24)

    assert back_in(officer, world) == "/today"
    assert "Go on with your draft" in officer.get("/today").text


@pytest.mark.parametrize("why", ["a day late", "no session", "another's token", "another site", "another page", "shut"])
def test_nothing_else_is_kept_of_what_comes_without_a_session(
    officer: Browser, lead: Browser, world: World, standing_clock: Clock, why: str
) -> None:
    _, account = at(world)
    page = f"/testimonies/{account}/limits"
    officer.get(page)
    form = next(form for form in Forms(officer.page.text).found if form.action == page)  # type: ignore[union-attr]
    fields, headers, to = form.fields | {"own_words": "I can stop"}, {"Origin": ORIGIN}, page
    lead.get("/today")
    theirs = Forms(lead.page.text).found[0].fields["csrf"]  # type: ignore[union-attr]
    end(world, standing_clock, "idle")
    if why == "a day late":
        standing_clock.move(hours=24)
    if why == "no session":
        officer.cookies.clear()
        officer.cookies.set("amana_session", "x" * 43)
    if why == "another's token":
        fields |= {"csrf": theirs}
    if why == "another site":
        headers = {"Origin": "https://elsewhere.example"}
    if why == "another page":
        to = f"/testimonies/{account}/hand-over"
    if why == "shut":
        world.sign_in("administrator")
        world.do("administrator", accounts.disable, Shut(why="LEFT"), subject=world["intake"].actor.code)

    ended = officer.ask("POST", to, data=fields, headers=headers)

    assert ended.status_code == 401
    assert "What you typed is kept" not in ended.text
    assert waiting_rows(world) == 0


def waiting_rows(world: World) -> int:
    found: int = world.office.housekeep(lambda session: session.scalar(select(func.count()).select_from(Rescue)))
    return found
