"""The page on which a conversation that was left alone is uncovered, without any script."""

from __future__ import annotations

import pytest
from starlette.types import ASGIApp

from tests.conftest import Clock
from tests.ladder import CANARY, Log
from tests.web.browser import COOKIE, Browser
from tests.web.test_stepping import factor
from tests.web.writing import areas, at, officer, send
from tests.world import World

__all__ = ["officer"]

HERE = "/session/return"


def left(officer: Browser, world: World, standing_clock: Clock) -> str:
    """An officer who has gone from the page of a note for ten minutes."""
    _, account = at(world, "IN_SESSION")
    note = f"/testimonies/{account}/session/note"
    officer.factor = None
    officer.get(note)
    standing_clock.move(minutes=10)
    return note


def test_any_page_leads_to_the_second_factor_and_back(
    officer: Browser, world: World, standing_clock: Clock, log: Log
) -> None:
    note = left(officer, world, standing_clock)
    old = officer.cookies[COOKIE]

    way = officer.get(note).headers["location"]
    shown = officer.get(way)

    assert way == f"{HERE}?to={note.replace('/', '%2F')}"
    assert shown.status_code == 200
    assert "The conversation is covered" in shown.text
    assert world.members["intake"].name not in shown.text
    again = officer.submit(HERE, code="000000")
    assert again.status_code == 422
    assert "The second factor is not right" in again.text
    assert officer.get("/today").status_code == 303
    officer.get(way)
    back = officer.submit(HERE, **factor(world, "intake"))
    assert (back.status_code, back.headers["location"]) == (303, note)
    assert officer.cookies[COOKIE] != old
    assert officer.get(note).status_code == 200


def test_it_speaks_the_language_of_whoever_left(officer: Browser, world: World, standing_clock: Clock) -> None:
    officer.get("/me")
    officer.submit("/me/preferences", language="ar")
    note = left(officer, world, standing_clock)

    shown = officer.get(f"{HERE}?to={note}")

    assert 'lang="ar" dir="rtl"' in shown.text
    # A link to another language would change nothing here.
    assert "?language=" not in shown.text
    assert "?language=" in officer.get("/signed-out").text


@pytest.mark.domain("D53")
@pytest.mark.parametrize("button", ["keep", "later", "auto"])
def test_what_was_sent_too_late_is_kept_and_come_back_to(
    officer: Browser, world: World, standing_clock: Clock, button: str
) -> None:
    note = left(officer, world, standing_clock)
    account, told = note.split("/")[2], world.canary()
    if button == "keep":
        covered = send(officer, note, note, words=told)
    else:
        more = {"auto": "1"} if button == "auto" else {}
        covered = send(
            officer, note, f"/testimonies/{account}/draft/session/note".replace("session/", ""), words=told, **more
        )

    assert covered.status_code == 401
    assert "What you just sent is kept" in covered.text
    assert CANARY not in covered.text
    officer.get(f"{HERE}?to={note}")
    back = officer.submit(HERE, **factor(world, "intake"))

    assert back.headers["location"] == note
    assert told in areas(officer.get(note).text)


def test_what_can_not_be_kept_is_said_not_to_be_done(officer: Browser, world: World, standing_clock: Clock) -> None:
    left(officer, world, standing_clock)

    covered = officer.ask("POST", "/cases", data={"csrf": "A" * 64}, headers={"Origin": "http://localhost:8000"})

    assert covered.status_code == 401
    assert "was not done" in covered.text


@pytest.mark.abuse("K08")
@pytest.mark.parametrize("to", ["https://elsewhere.example/", "//elsewhere.example", "/a?b=c", "javascript:1", ""])
def test_nobody_is_led_away_by_a_link(officer: Browser, world: World, standing_clock: Clock, to: str) -> None:
    left(officer, world, standing_clock)

    shown = officer.ask("GET", HERE, params={"to": to})

    assert 'name="to" value="/today"' in shown.text


def test_who_is_not_covered_is_led_on(staff_door: ASGIApp, officer: Browser, world: World) -> None:
    stranger = Browser(staff_door)

    assert officer.get(f"{HERE}?to=/cases").headers["location"] == "/cases"
    assert stranger.get(f"{HERE}?to=/cases").headers["location"] == "/cases"
    assert stranger.get("/cases").headers["location"] == "/sign-in"


def test_another_site_uncovers_nothing(officer: Browser, world: World, standing_clock: Clock) -> None:
    note = left(officer, world, standing_clock)
    officer.get(f"{HERE}?to={note}")
    given = factor(world, "intake")

    abroad = officer.ask("POST", HERE, data=given, headers={"Origin": "https://elsewhere.example"})
    unproved = officer.ask("POST", HERE, data=given | {"csrf": "A" * 64}, headers={"Origin": "http://localhost:8000"})

    assert [abroad.status_code, unproved.status_code] == [403, 403]
    assert officer.get(note).status_code == 303


def test_pages_of_a_conversation_say_that_they_are_covered(officer: Browser, world: World) -> None:
    _, talks = at(world, "IN_SESSION")
    _, waits = at(world, "READY")

    assert f'data-cover="{HERE}"' in officer.get(f"/testimonies/{talks}/session/note").text
    assert f'data-cover="{HERE}"' in officer.get(f"/testimonies/{talks}/account").text
    assert "data-cover" not in officer.get(f"/testimonies/{waits}/session").text
    assert "data-cover" not in officer.get("/today").text
