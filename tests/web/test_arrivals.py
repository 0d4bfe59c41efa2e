"""Arrivals in the browser: mute in the queue, read for a stated reason, judged, taken into a case."""

from __future__ import annotations

import re

import pytest
from starlette.types import ASGIApp

from app.cases import queries as queries_of_cases
from app.intake import queries
from tests.cases.canaries import Planted
from tests.conftest import Clock
from tests.ladder import CANARY, Log
from tests.web.browser import Browser, Forms, arrived
from tests.world import World

OTHERS = ("legal", "protection", "narrative-lead", "auditor", "administrator")


@pytest.fixture
def officer(staff_door: ASGIApp, world: World) -> Browser:
    return arrived(staff_door, world, "intake")


def read(officer: Browser, reference: str) -> str:
    """The page of an arrival after its reader has said why."""
    officer.get(f"/arrivals/{reference}")
    assert officer.submit(f"/arrivals/{reference}/open").headers["location"] == f"/arrivals/{reference}"
    return officer.get(f"/arrivals/{reference}").text


def state(world: World, reference: str) -> str:
    found: str = world.office.ask(world["intake"], queries.show, reference).state
    return found


def test_the_queue_is_mute_and_danger_stands_first(staff_door: ASGIApp, world: World, standing_clock: Clock) -> None:
    _, quiet = world.submit(world.canary())
    standing_clock.move(hours=5)
    _, urgent = world.submit(world.canary(), contact=world.canary(), danger=True)
    world.sign_in("intake")
    officer = arrived(staff_door, world, "intake")

    page = officer.get("/arrivals").text
    alone = officer.get("/arrivals?danger=yes").text

    assert CANARY not in page
    assert page.index(urgent) < page.index(quiet)
    assert re.search(r"2\s+are waiting", page)
    assert "5 hours" in page
    assert urgent in alone
    assert quiet not in alone


def test_words_are_shown_only_after_a_reason_and_each_time_with_an_entry(
    officer: Browser, world: World, log: Log
) -> None:
    account, contact = world.canary(), world.canary()
    _, reference = world.submit(account, contact=contact)
    assert CANARY not in officer.get(f"/arrivals/{reference}").text
    assert log.fresh()[-1].action == "submission.receive", "the mute page opened nothing"

    shown = read(officer, reference)
    again = officer.get(f"/arrivals/{reference}").text

    assert account in shown
    assert contact in again
    said = log.fresh()
    assert [(one.action, one.operation, one.justification) for one in said] == [
        ("submission.open", "consult", "TRIAGE")
    ] * 2
    assert said[0].cites is not None
    assert state(world, reference) == "OPENED"


def test_the_reason_ends_after_some_minutes(officer: Browser, world: World, standing_clock: Clock) -> None:
    _, reference = world.submit(world.canary())
    assert CANARY in read(officer, reference)

    standing_clock.move(minutes=10)

    assert CANARY not in officer.get(f"/arrivals/{reference}").text


def test_a_reason_serves_one_arrival_one_session_and_cannot_be_made_up(
    officer: Browser, staff_door: ASGIApp, world: World, standing_clock: Clock
) -> None:
    _, first = world.submit(world.canary())
    _, second = world.submit(world.canary())
    read(officer, first)
    ticket = next(cookie.value for cookie in officer.cookies.jar if cookie.name == "amana_reading")
    assert ticket is not None
    until, _, mac = ticket.partition(".")
    colleague = arrived(staff_door, world, "intake-lead")
    forged = [ticket, f"{int(until) + 60}.{mac}", f"{until}.{'0' * 64}", until, "", "9" * 400, "x.y", f"{until}.é"]

    for browser, reference in ((officer, second), (colleague, first)):
        for value in forged:
            headers = {"Cookie": f"amana_session={browser.cookies['amana_session']}; amana_reading={value}".encode()}
            answer = browser.get(f"/arrivals/{reference}", headers=headers)
            assert answer.status_code == 200
            assert CANARY not in answer.text, (reference, value)


def test_it_is_judged_and_taken_into_a_new_case(officer: Browser, world: World, log: Log) -> None:
    _, reference = world.submit(world.canary())
    read(officer, reference)
    log.fresh()

    judged = officer.submit(f"/arrivals/{reference}/triage", decision="INTERVIEW")
    officer.get(f"/arrivals/{reference}/take")
    taken = officer.submit(f"/arrivals/{reference}/take", into="new", pathway="ADULT")

    assert (judged.status_code, state(world, reference)) == (303, "LINKED")
    (line,) = world.office.ask(world["intake"], queries_of_cases.cases)
    assert taken.headers["location"] == f"/cases/{line.reference}/testimony"
    assert [said.action for said in log.fresh()] == ["submission.triage", "case.open", "submission.link"]
    assert reference not in officer.get("/arrivals").text


def test_it_is_taken_into_a_case_i_hold_however_its_reference_is_typed(officer: Browser, world: World) -> None:
    case = world.case()
    _, reference = world.submit()

    officer.get(f"/arrivals/{reference}/take")
    taken = officer.submit(f"/arrivals/{reference}/take", into="old", case=f" {case.lower()} ")

    assert taken.headers["location"] == f"/cases/{case}/testimony"
    assert state(world, reference) == "LINKED"


@pytest.mark.parametrize("typed", ["", "x", "2222-2222-2", "another"])
def test_a_case_that_is_not_mine_and_one_nobody_drew_get_one_answer(officer: Browser, world: World, typed: str) -> None:
    if typed == "another":
        world.invite("another", roles=("intake_officer",))
        typed = world.case(by="another")
    _, reference = world.submit()
    officer.get(f"/arrivals/{reference}/take")

    again = officer.submit(f"/arrivals/{reference}/take", into="old", case=typed)

    assert again.status_code == 422
    assert "Among your cases there is none with this reference." in again.text
    assert state(world, reference) == "RECEIVED"


def test_a_decision_must_be_chosen_and_a_declined_arrival_leaves_the_queue(officer: Browser, world: World) -> None:
    _, reference = world.submit(world.canary())
    read(officer, reference)

    again = officer.submit(f"/arrivals/{reference}/triage")
    assert again.status_code == 422
    assert CANARY in again.text, "what is judged stays in sight"
    assert officer.submit(f"/arrivals/{reference}/triage", decision="NOT_OURS").status_code == 303

    assert state(world, reference) == "DECLINED"
    assert reference not in officer.get("/arrivals").text


@pytest.mark.abuse("E02")
@pytest.mark.parametrize("login", OTHERS)
def test_arrivals_are_the_intake_desks_alone(staff_door: ASGIApp, world: World, login: str) -> None:
    _, reference = world.submit()
    browser = arrived(staff_door, world, login)

    for page in ("/arrivals", f"/arrivals/{reference}", f"/arrivals/{reference}/take", "/arrivals/2222-2222-2"):
        assert browser.get(page).status_code == 404, page


def test_files_are_told_by_number_and_size_and_never_by_name(planted: Planted, officer: Browser) -> None:
    page = officer.get(f"/arrivals/{planted.submission}").text

    assert "Kept as file 1, 1 KiB" in re.sub(r"\s+", " ", Forms(page).text)
    assert planted.canaries["submission_files.file_name"] not in page


def test_a_stranger_is_shown_the_way_in(staff_door: ASGIApp, world: World) -> None:
    _, reference = world.submit()

    for page in ("/arrivals", f"/arrivals/{reference}", f"/arrivals/{reference}/take"):
        assert Browser(staff_door).get(page).headers["location"] == "/sign-in"
