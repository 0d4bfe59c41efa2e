"""Having a colleague's cases taken over, at the pages and without a script."""

from __future__ import annotations

import pytest
from starlette.types import ASGIApp

from app.cases import takeovers
from tests.ladder import Log
from tests.web.browser import Forms, arrived
from tests.world import World


def said(page: str) -> str:
    return " ".join(Forms(page).text.split())


def test_a_lead_has_two_cases_taken_over_with_one_second_factor(staff_door: ASGIApp, world: World, log: Log) -> None:
    world.invite("successor", roles=("caseworker",))
    first, second = world.whole_case("en"), world.whole_case("en")
    world.apart(second, "successor", by="protection-lead")
    code, to = (world.members[login].code for login in ("protection", "successor"))
    browser = arrived(staff_door, world, "protection-lead")
    assert f"/take-over/{code}" in browser.get("/teams/protection").text
    page = browser.get(f"/take-over/{code}")
    assert first in page.text
    log.fresh()

    confirmed = browser.submit(f"/take-over/{code}", kind="LEAVING", to=to)

    assert confirmed.status_code == 303
    address = confirmed.headers["location"]
    assert "0 of 2 passed on" in said(browser.get(address).text)
    assert browser.submit(address).status_code == 303
    page = browser.get(address)
    assert "1 of 2 passed on, 1 not." in said(page.text)
    assert "A declared conflict of interest stands in the way" in said(page.text)
    assert [e.action for e in log.fresh() if e.operation == "grant"] == ["takeover.pass"] * 2
    assert address in browser.get("/take-overs").text
    browser.get(address)
    assert browser.submit(address).status_code == 303, "those that were refused are tried again"


def test_without_a_second_factor_nothing_is_written_and_all_is_kept(staff_door: ASGIApp, world: World) -> None:
    world.invite("successor", roles=("caseworker",))
    world.whole_case("en")
    code, to = (world.members[login].code for login in ("protection", "successor"))
    browser = arrived(staff_door, world, "protection-lead")
    browser.factor = None
    browser.get(f"/take-over/{code}")

    answer = browser.submit(f"/take-over/{code}", kind="LEAVING", to=to)

    assert answer.status_code == 403
    assert "Please confirm with your second factor first." in said(answer.text)
    assert "You have passed nothing on." in said(browser.get("/take-overs").text)


@pytest.mark.parametrize("who", ["legal", "auditor", "administrator"])
def test_whoever_leads_no_team_finds_nobody_elses_cases(staff_door: ASGIApp, world: World, who: str) -> None:
    code = world.members["protection"].code
    assert arrived(staff_door, world, who).get(f"/take-over/{code}").status_code == 404


def test_ones_own_page_offers_cover_alone(staff_door: ASGIApp, world: World) -> None:
    world.whole_case("en")
    browser = arrived(staff_door, world, "protection")
    code = world.members["protection"].code
    assert f"/take-over/{code}" in browser.get("/me").text
    page = browser.get(f"/take-over/{code}")
    assert "For good" not in said(page.text)
    answer = browser.submit(f"/take-over/{code}", to=world.members["protection-lead"].code)
    assert answer.status_code == 422, "a cover has an end"


def test_one_press_goes_through_every_page_of_its_cases(
    staff_door: ASGIApp, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeovers, "PAGE", 1)
    world.invite("successor", roles=("caseworker",))
    made = {world.whole_case("en"), world.whole_case("en")}
    code, to = (world.members[login].code for login in ("protection", "successor"))
    browser = arrived(staff_door, world, "protection-lead")
    browser.get(f"/take-over/{code}")
    address = browser.submit(f"/take-over/{code}", kind="LEAVING", to=to).headers["location"]

    browser.get(address)
    browser.submit(address)

    pages = [browser.get(f"{address}?page={number}").text for number in range(2)]
    assert all("2 of 2 passed on, 0 not." in said(page) for page in pages)
    assert {next(each for each in made if each in page) for page in pages} == made
