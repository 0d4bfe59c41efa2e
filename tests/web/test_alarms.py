"""An alarm as whoever is called finds it: first on Today, answered by one press, and nothing of it is content."""

from __future__ import annotations

import pytest
from starlette.types import ASGIApp

from app import worker
from app.protection import answering
from tests.conftest import Clock
from tests.ladder import CANARY, Log, with_a_night
from tests.web.browser import Browser, Forms, number_of
from tests.world import World

TILE = "Alarms: somebody is missed"


@pytest.fixture
def reference(world: World) -> str:
    return with_a_night(world)


def browser(door: ASGIApp, world: World, login: str) -> Browser:
    made = Browser(door)
    made.sign_in(world, login)
    return made


@pytest.mark.parametrize("login", ["protection", "night", "protection-lead"])
def test_today_begins_with_it_and_one_press_answers(
    staff_door: ASGIApp, world: World, reference: str, standing_clock: Clock, log: Log, login: str
) -> None:
    world.check_in(reference, days=1 / 24, agreed_word=world.canary())
    standing_clock.move(hours=3.01)
    worker.ring(world.office)
    page = browser(staff_door, world, login)

    today = page.get("/today").text
    address = today.partition('href="/alarms/')[2].partition('"')[0]
    shown = page.get(f"/alarms/{address}").text
    log.fresh()
    answered = page.submit(f"/alarms/{address}/acknowledge")
    entry = log.last()
    after = page.get(answered.headers["location"]).text

    assert number_of(today, TILE) == "1"
    assert today.index(TILE) < today.index("Check-ins missed"), "before everything else"
    assert reference in shown
    assert CANARY not in today + shown + after
    assert (entry.action, entry.outcome, entry.cases) == ("checkin.acknowledge", "done", [reference])
    assert "Somebody sees to it" in after
    assert world.members[login].code in after
    page.submit(f"/alarms/{address}/report", state="LOCATED")
    assert TILE not in page.get("/today").text


def test_nobody_else_is_told_of_it(staff_door: ASGIApp, world: World, reference: str, standing_clock: Clock) -> None:
    world.missed(reference)
    row = world.office.ask(world["protection"], answering.alarms)[0].id
    for login in ("intake", "legal", "administrator", "narrative-lead"):
        page = browser(staff_door, world, login)
        assert page.get(f"/alarms/{row}").status_code == 404, login
        assert page.get("/alarms").status_code == 404, login
        assert "/alarms/" not in page.get("/today").text, login


def test_the_pages_of_the_check_in_and_of_the_plan_tell_how_it_went(
    staff_door: ASGIApp, world: World, reference: str
) -> None:
    world.missed(reference)
    line = world.office.ask(world["protection"], answering.alarms)[0]
    page = browser(staff_door, world, "protection")

    for address in (f"/check-ins/{line.check_in}", f"/cases/{reference}/plan"):
        told = Forms(page.get(address).text).text
        assert "What happened so far" in told, address
        assert world.members["protection"].code in told, address
