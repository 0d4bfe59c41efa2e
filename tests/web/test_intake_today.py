"""Today at the intake desk: every number is the length of the list it leads to, over rows of one's own alone."""

from __future__ import annotations

import re

import pytest
from starlette.types import ASGIApp

from tests.web.browser import Browser, arrived
from tests.world import World

LISTS = ("/arrivals?danger=yes", "/arrivals", "/testimonies", "/testimonies?step=READ_BACK")


def numbers(page: str) -> dict[str, int]:
    """The tiles of a page: where each leads, and its number; "None" is 0."""
    found = re.findall(r'href="([^"]+)">\s*<span class="am-tile__number">(\w+)</span>', page)
    return {href: 0 if number == "None" else int(number) for href, number in found}


def lines(browser: Browser, address: str) -> int:
    """How many lines the list at an address has."""
    return len(re.findall(r'<th scope="row"', browser.get(address).text))


@pytest.mark.parametrize("login", ["intake", "intake-lead", "another"])
def test_each_number_is_the_length_of_its_list(staff_door: ASGIApp, world: World, login: str) -> None:
    world.invite("another", roles=("intake_officer",))
    for upto in ("TRIAGED", "RECORDED", "SEALED"):
        world.testimony(world.case(), upto=upto)
    world.submit()
    world.submit(danger=True)
    browser = arrived(staff_door, world, login)

    told = numbers(browser.get("/today").text)

    assert {address: told[address] for address in LISTS} == {address: lines(browser, address) for address in LISTS}
    assert told["/arrivals"] == 2
    assert told["/testimonies"] == (0 if login == "another" else 2)


def test_a_case_of_somebody_else_changes_no_byte(staff_door: ASGIApp, world: World) -> None:
    world.invite("another", roles=("intake_officer",))
    browser = arrived(staff_door, world, "another")

    def page() -> str:
        return re.sub(r'value="[A-Za-z0-9_=-]{64}"', "", browser.get("/today").text)

    before = page()

    world.testimony(world.case(), upto="RECORDED")

    assert page() == before


def test_people_in_danger_are_red_and_first(staff_door: ASGIApp, world: World) -> None:
    _, quiet = world.submit()
    _, urgent = world.submit(danger=True)
    page = arrived(staff_door, world, "intake").get("/today").text

    assert "am-tile--red" in page
    assert page.index(urgent) < page.index(quiet)
    assert "Record a testimony" in page


def test_a_quiet_day_is_not_red(staff_door: ASGIApp, world: World) -> None:
    assert "am-tile--red" not in arrived(staff_door, world, "intake").get("/today").text
